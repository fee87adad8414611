//! `POST /providers`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

const PATH: &str = "/providers";

#[tokio::test]
async fn a_new_service_is_found_where_the_answer_says_and_can_be_given_tokens() {
    let server = TestServer::start().await;
    let answer = server.json("POST", PATH, json!({"name": "data store"}), As::Admin).await;
    let id = answer.json()["providerId"].as_str().unwrap().to_owned();
    assert_eq!((answer.status, answer.keys()), (201, vec!["providerId".to_owned()]));
    let location = format!("https://localhost:{}/api/v3/onezone/providers/{id}", server.port());
    assert_eq!(answer.header("location"), location);
    let (_, token) = server.named(&format!("/providers/{id}"), json!({"name": "one"}), As::Admin).await;
    assert_eq!(server.with_token(&token, "GET", "/provider/tokens").await.status, 200);
}

#[tokio::test]
async fn the_row_in_the_audit_trail_says_who_made_it() {
    let server = TestServer::start().await;
    let admin = server.id_of(As::Admin).await;
    let answer = server.json("POST", PATH, json!({"name": "data store"}), As::Admin).await;
    let heads = server.store.heads().await.unwrap();
    let rows = server.store.audit_after(&heads[0].chain, 0, 100).await.unwrap();
    let row = rows.last().unwrap();
    let (actor, user) = (row.actor.unwrap().to_string(), row.user.unwrap().to_string());
    assert_eq!((row.action.name(), actor, json!(user)), ("user.add", admin, answer.json()["providerId"].clone()));
}

#[tokio::test]
async fn a_name_is_needed_that_no_other_service_has() {
    let server = TestServer::start().await;
    assert_eq!(server.json("POST", PATH, json!({"name": "one"}), As::Admin).await.status, 201);
    for (body, error) in [
        (json!({}), "missingRequiredValue"),
        (json!({"name": "x"}), "badValueFullName"),
        (json!({"name": 7}), "badValueString"),
        (json!({"name": "one"}), "badValueIdentifierOccupied"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
    assert_eq!(server.call("GET", PATH, As::Admin).await.json()["providers"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn neither_users_nor_services_make_services() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    for whom in [BOB, As::Token(&service)] {
        let answer = server.json("POST", PATH, json!({"name": "data store"}), whom).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    }
}
