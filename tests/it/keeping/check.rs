//! What `zonemint store check` finds.

use serde_json::Value;
use zonemint::store::{Mark, Rows, TokenRow};

use super::*;
use crate::support::Program;
use crate::support::operator::{ADMIN, Api, done, run};

#[tokio::test]
async fn a_store_in_order_passes_beside_its_server_and_what_is_wrong_is_named() {
    let program = Program::start();
    let (status, _) = Api::of(&program).send(ADMIN, "POST", "/user/client_tokens", Some(serde_json::json!({}))).await;
    assert_eq!(status, 200);
    let folder = program.folder.path();
    assert_eq!(done(folder, &["store", "check"]), "the store and its audit trail are in order\n");
    assert_eq!(done(folder, &["store", "check", "--json"]), "");

    let store = open(&folder.join("data"));
    let nobody = User::new(UserId::new(&Random::system()), SubjectKind::User, FullName::parse("No One").unwrap(), 1);
    let rows = Rows::Tokens(vec![TokenRow { token: token_of(&nobody, 1, FAR_S), deleted_ms: None }]);
    store.load(rows, Mark { name: "none".to_owned(), value: None }).await.unwrap();
    store.close().await;
    let database = rusqlite::Connection::open(folder.join("data/zonemint.db")).unwrap();
    assert_eq!(database.execute("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 2", []).unwrap(), 1);
    let out = run(folder, &["store", "check"]);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    let told = String::from_utf8(out.stdout).unwrap();
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], "1 tokens belong to a user that does not exist");
    assert_eq!(told[1], "1 tokens were made with a root key that does not exist");
    assert!(told[2].contains("row 2"), "{told:?}");
    let json = String::from_utf8(run(folder, &["store", "check", "--json"]).stdout).unwrap();
    let findings: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(findings[2]["finding"].as_str(), Some(told[2]));
}
