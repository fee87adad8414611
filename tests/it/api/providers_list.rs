//! `GET /providers`

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn all_services_are_listed_by_id_and_no_users() {
    let server = TestServer::start().await;
    server.add_bob().await;
    assert_eq!(server.call("GET", "/providers", As::Admin).await.json(), json!({"providers": []}));
    let (service, _) = server.add_service().await;
    let answer = server.call("GET", "/providers", As::Admin).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"providers": [service]})));
}

#[tokio::test]
async fn services_among_many_accounts_without_a_name_are_all_there() {
    let server = TestServer::start().await;
    let mut ids = BTreeSet::new();
    for at in 0..502 {
        assert_eq!(server.json("POST", "/users", json!({}), As::Admin).await.status, 201);
        if at % 250 == 0 {
            let made = server.json("POST", "/providers", json!({"name": format!("number {at}")}), As::Admin).await;
            ids.insert(made.json()["providerId"].as_str().unwrap().to_owned());
        }
    }
    let listed = server.call("GET", "/providers", As::Admin).await.json();
    let listed: Vec<_> = listed["providers"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!((listed.len(), listed.iter().map(|id| (*id).to_owned()).collect()), (3, ids));
}

#[tokio::test]
async fn neither_users_nor_services_list_services() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    for whom in [BOB, As::Token(&service)] {
        assert_eq!(server.call("GET", "/providers", whom).await.refusal(), (403, "forbidden".to_owned()));
    }
}
