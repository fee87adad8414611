//! `GET …/tokens/temporary` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::TestServer;

#[tokio::test]
async fn the_first_generation_is_1_and_each_end_counts_one_more() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (at, (account, whom)) in accounts.all().into_iter().enumerate() {
        let path = format!("{account}/tokens/temporary");
        let before = 1 + at % 2;
        let answer = server.call("GET", &path, whom).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"generation": before})), "{account}");
        assert_eq!(server.call("DELETE", &path, whom).await.status, 204);
        assert_eq!(server.call("GET", &path, whom).await.json(), json!({"generation": before + 1}));
    }
}

#[tokio::test]
async fn others_are_not_told() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "GET", "/tokens/temporary").await;
}
