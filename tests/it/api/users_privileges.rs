//! `GET /users/{id}/privileges` and `PATCH /users/{id}/privileges`

use serde_json::{Value, json};
use zonemint::model::{Privilege, Privileges};

use crate::support::{Answer, As, BOB, TestServer, narrowed};

const MANAGER: As<'static> = As::Basic("manager", "managers-own-password");

/// A server with a manager of privileges, who has another one.
async fn with_manager() -> TestServer {
    let server = TestServer::start().await;
    let rights = [Privilege::UsersManagePrivileges, Privilege::UsersList];
    server.add_manager("manager", "managers-own-password", Privileges::from_iter(rights)).await;
    server
}

async fn change(server: &TestServer, id: &str, body: Value, whom: As<'_>) -> Answer {
    server.json("PATCH", &format!("/users/{id}/privileges"), body, whom).await
}

async fn of(server: &TestServer, id: &str) -> Value {
    server.call("GET", &format!("/users/{id}/privileges"), As::Admin).await.json()["privileges"].clone()
}

#[tokio::test]
async fn privileges_are_given_taken_and_felt_at_once() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    assert_eq!(of(&server, &bob).await, json!([]));
    for (body, now, status) in [
        (json!({"grant": ["oz_users_list", "oz_users_view"]}), json!(["oz_users_list", "oz_users_view"]), 200),
        (json!({"grant": ["oz_users_list"]}), json!(["oz_users_list", "oz_users_view"]), 200),
        (
            json!({"grant": ["zm_audit_view"], "revoke": ["oz_users_list"]}),
            json!(["oz_users_view", "zm_audit_view"]),
            403,
        ),
        (json!({"revoke": ["oz_users_list"]}), json!(["oz_users_view", "zm_audit_view"]), 403),
        (json!({"grant": [], "revoke": []}), json!(["oz_users_view", "zm_audit_view"]), 403),
    ] {
        let answer = change(&server, &bob, body.clone(), As::Admin).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{body}");
        assert_eq!(of(&server, &bob).await, now, "{body}");
        assert_eq!(server.call("GET", "/users", BOB).await.status, status, "{body}");
    }
    let rows = server.call("GET", "/audit?kind=user.privileges", As::Admin).await.json()["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2, "what changes nothing is not recorded");
}

#[tokio::test]
async fn nobody_gives_or_takes_what_they_lack() {
    let server = with_manager().await;
    let (admin, bob) = (server.id_of(As::Admin).await, server.add_bob().await);
    for (id, body, status) in [
        (&bob, json!({"grant": ["oz_users_list"]}), 204),
        (&bob, json!({"grant": ["zm_users_manage_privileges"]}), 204),
        (&bob, json!({"grant": ["oz_users_view"]}), 403),
        (&bob, json!({"grant": ["oz_users_list", "oz_users_view"]}), 403),
        (&admin, json!({"revoke": ["oz_users_delete"]}), 403),
        (&admin, json!({"grant": ["oz_users_list"], "revoke": ["oz_users_delete"]}), 403),
        (&admin, json!({"revoke": ["oz_users_list"]}), 204),
    ] {
        let answer = change(&server, id, body.clone(), MANAGER).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
    }
    assert_eq!(of(&server, &bob).await, json!(["oz_users_list", "zm_users_manage_privileges"]));
    let all = Privilege::ALL.into_iter().filter(|one| *one != Privilege::UsersList).map(Privilege::name);
    assert_eq!(of(&server, &admin).await, json!(all.collect::<Vec<_>>()), "none but that one");
    let own = server.id_of(MANAGER).await;
    assert_eq!(change(&server, &own, json!({"grant": ["oz_tokens_manage"]}), MANAGER).await.status, 403);
}

#[tokio::test]
async fn a_narrowed_token_gives_no_privileges() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let token = server.temporary("/user", json!({}), As::Admin).await;
    let narrow = narrowed(&token, &format!("api = ozw/update/user.{bob}.oz_privileges:private"));
    let grant = json!({"grant": ["oz_users_list"]});
    let refused = change(&server, &bob, grant.clone(), As::Token(&narrow)).await;
    assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    assert!(refused.body.contains("confined"), "{refused:?}");
    assert_eq!(change(&server, &bob, grant, As::Token(&token)).await.status, 204);
    let revoke = json!({"revoke": ["oz_users_list"]});
    assert_eq!(change(&server, &bob, revoke, As::Token(&narrow)).await.status, 204, "that only takes away");
}

#[tokio::test]
async fn the_last_administrator_is_told() {
    let server = TestServer::start().await;
    let admin = server.id_of(As::Admin).await;
    let answer = change(&server, &admin, json!({"revoke": ["oz_users_delete"]}), As::Admin).await;
    assert_eq!((answer.status, answer.header("x-warning")), (204, ""));
    let answer = change(&server, &admin, json!({"revoke": ["oz_users_manage_passwords"]}), As::Admin).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("x-warning").starts_with("no administrator can sign in any more"), "{answer:?}");
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    for (body, error) in [
        (json!({}), "missingAtLeastOneValue"),
        (json!({"grant": null}), "missingAtLeastOneValue"),
        (json!({"grant": "oz_users_list"}), "badData"),
        (json!({"grant": [7]}), "badData"),
        (json!({"revoke": ["oz_everything"]}), "badData"),
        (json!({"grant": ["oz_users_list"], "revoke": ["oz_users_list"]}), "badData"),
    ] {
        let answer = change(&server, &bob, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn nobody_else_sees_or_changes_privileges_and_there_must_be_somebody() {
    let server = with_manager().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, seen, changed) in [
        (bob.as_str(), BOB, 403, 403),
        (&bob, MANAGER, 403, 204),
        (&"0".repeat(32), As::Admin, 404, 404),
        (&service, As::Admin, 404, 404),
        ("what", As::Admin, 404, 404),
    ] {
        let path = format!("/users/{id}/privileges");
        assert_eq!(server.call("GET", &path, whom).await.status, seen, "{id}");
        assert_eq!(change(&server, id, json!({"grant": ["oz_users_list"]}), whom).await.status, changed, "{id}");
    }
}
