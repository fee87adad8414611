//! `POST /tokens/verify_invite_token`

use serde_json::json;
use zonemint::macaroon::{Encoding, Macaroon, RootSecret};

use crate::support::{As, TestServer};

const PATH: &str = "/tokens/verify_invite_token";

/// An invitation of another service.
fn invitation() -> String {
    let identifier = format!("2/nmd/usr-{}/ujs:space:/{}ch0000", "0".repeat(32), "0".repeat(32));
    Macaroon::mint(&RootSecret::new(b"other"), "other", identifier.as_bytes())
        .unwrap()
        .to_text(Encoding::Onezone)
        .unwrap()
}

#[tokio::test]
async fn invitations_are_not_supported() {
    let server = TestServer::start().await;
    let answer = server.json("POST", PATH, json!({"token": invitation()}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "notSupported".to_owned()));
    assert_eq!(answer.json()["error"].get("details"), None);
}

#[tokio::test]
async fn what_is_no_invitation_is_told_so() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "notAnInviteToken".to_owned()));
    let details = json!({"expectedInviteType": "any", "received": {"accessToken": {}}});
    assert_eq!(answer.json()["error"]["details"], details);
    let body = json!({"token": invitation(), "expectedInviteType": "userJoinGroup"});
    let answer = server.json("POST", PATH, body, As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "notAnInviteToken".to_owned()));
    assert_eq!(answer.json()["error"]["details"]["expectedInviteType"], "userJoinGroup");
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    for (body, id) in [
        (json!({}), "missingRequiredValue"),
        (json!({"token": ""}), "badValueEmpty"),
        (json!({"token": "x"}), "badValueToken"),
        (json!({"token": invitation(), "expectedInviteType": "x"}), "badValueInviteType"),
        (json!({"token": invitation(), "expectedInviteType": null}), "badValueInviteType"),
        (json!({"token": invitation(), "peerIp": "x"}), "badValueIPv4Address"),
        (json!({"token": invitation(), "consumerToken": "x"}), "badValueToken"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
}
