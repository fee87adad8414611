//! `GET /users`

use serde_json::json;

use zonemint::model::{Privilege, Privileges};

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn all_users_are_listed_by_id_and_no_services() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.add_service().await;
    let answer = server.call("GET", "/users", As::Admin).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"users": [server.id_of(As::Admin).await, bob]})));
    server.call("DELETE", &format!("/users/{bob}"), As::Admin).await;
    let answer = server.call("GET", "/users", As::Admin).await;
    assert_eq!(answer.json(), json!({"users": [server.id_of(As::Admin).await]}));
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_whole() {
    let server = TestServer::start().await;
    for _ in 0..1_002 {
        assert_eq!(server.json("POST", "/users", json!({}), As::Admin).await.status, 201);
    }
    let listed = server.call("GET", "/users", As::Admin).await.json();
    let mut ids: Vec<_> = listed["users"].as_array().unwrap().iter().map(ToString::to_string).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1_003);
}

#[tokio::test]
async fn nobody_else_lists_users() {
    let server = TestServer::start().await;
    server.add_bob().await;
    assert_eq!(server.call("GET", "/users", BOB).await.refusal(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn users_are_found_by_a_part_of_a_name_whatever_its_case() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for body in [
        json!({"username": "jan.kowalski", "fullName": "Jan Kowalski"}),
        json!({"username": "janet", "fullName": "Émilie Straße"}),
        json!({"fullName": "Somebody Without"}),
    ] {
        let made = server.json("POST", "/users", body, As::Admin).await;
        ids.push(made.header("location").rsplit_once('/').unwrap().1.to_owned());
    }
    server.add_service().await;
    for (name, found) in [
        ("jan", vec![0, 1]),
        ("JAN.", vec![0]),
        ("kowalski", vec![0]),
        ("%C3%A9milie", vec![1]),
        ("STRASSE", vec![1]),
        ("body%20wi", vec![2]),
        ("service", vec![]),
        ("nobody", vec![]),
    ] {
        let answer = server.call("GET", &format!("/users?name={name}"), As::Admin).await;
        let mut expected: Vec<_> = found.into_iter().map(|at: usize| json!(ids[at])).collect();
        let mut users = answer.json()["users"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
        for list in [&mut expected, &mut users] {
            list.sort_by_key(ToString::to_string);
        }
        assert_eq!(users, expected, "{name}");
    }
    assert_eq!(server.call("GET", "/users?name=", As::Admin).await.json()["users"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn who_does_not_see_users_does_not_search_in_their_names() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.add_manager("lister", "listers-own-password", Privileges::from_iter([Privilege::UsersList])).await;
    let lister = As::Basic("lister", "listers-own-password");
    assert_eq!(server.call("GET", "/users", lister).await.status, 200);
    assert_eq!(server.call("GET", "/users?name=bob", lister).await.refusal(), (403, "forbidden".to_owned()));
    let token = server.temporary("/user", json!({}), As::Admin).await;
    let list = "api = ozw/get/user.null.list:private";
    let token_for_list = narrowed(&token, list);
    let found = server.call("GET", "/users?name=bob", As::Token(&token_for_list)).await.json();
    assert_eq!(found, json!({"users": []}), "this token does not look at users");
    let both = narrowed(&token, &format!("{list}|ozw/get/user.{bob}.instance:protected"));
    let found = server.call("GET", "/users?name=o", As::Token(&both)).await.json();
    assert_eq!(found, json!({"users": [bob]}), "nor at others than this one");
}
