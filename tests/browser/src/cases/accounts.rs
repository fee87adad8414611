//! One's own account, and what administrators see.

use serde_json::json;
use thirtyfour::Key;

use super::{Case, case};
use crate::server::{ADMIN, Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a plain user has no views for administrators, and is told so at their addresses", plain_user),
    case!("a user changes the password, and the old one is refused", password_changed),
    case!("ending all temporary tokens ends the session too", temporary_ended),
    case!("an administrator makes a user, blocks and deletes it", user_managed),
    case!("an administrator makes a service and its first token", service_made),
    case!("an administrator rotates the root key and retires the old one", key_rotated),
    case!("the audit trail tells who did what", audited),
];

const NEW_PASSWORD: &str = "another-horse-battery";

async fn plain_user(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    for (view, address) in [("users", "/users"), ("services", "/services"), ("keys", "/keys"), ("audit", "/audit")] {
        assert!(!page.has(&format!("[data-nav={view}]")).await, "{view}");
        page.visit(address).await;
        page.view("forbidden").await;
    }
    page.click("#sign-out").await;
    stage.sign_in(ADMIN).await;
    for view in ["users", "services", "keys", "audit"] {
        page.click(&format!("[data-nav={view}]")).await;
        page.view(view).await;
        page.settled().await;
        assert!(!page.has("[data-notice=error]").await, "{}", page.text("main").await);
    }
}

async fn password_changed(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.visit("/account").await;
    page.write("#old-password", PASSWORD).await;
    page.write("#new-password", NEW_PASSWORD).await;
    page.click("#change-password").await;
    page.says("main", "Your password is changed").await;
    let status = async |password| stage.server.call(Credential::Password(USER, password), "GET", "/user", None).await.0;
    assert_eq!(status(NEW_PASSWORD).await, 200);
    assert_eq!(status(PASSWORD).await, 401);
    stage.forgot(&[PASSWORD, NEW_PASSWORD]).await;
}

async fn temporary_ended(stage: &Stage<'_>) {
    let page = &stage.page;
    let now: u64 = page.run("return Math.floor(Date.now() / 1000)", []).await;
    let body = json!({ "caveats": [{ "type": "time", "validUntil": now + 1_800 }] });
    let owner = Credential::Password(USER, PASSWORD);
    let temporary = stage.server.call(owner, "POST", "/user/tokens/temporary", Some(body)).await;
    let temporary = temporary.1["token"].as_str().unwrap().to_owned();
    let child = stage.server.call(Credential::Token(&temporary), "POST", "/user/client_tokens", None).await;
    let child = child.1["token"].as_str().unwrap().to_owned();
    stage.sign_in(USER).await;
    page.visit("/account").await;
    page.click("#end-temporary").await;
    page.click("#with-descendants").await;
    page.click("dialog button[type=submit]").await;
    page.view("sign-in").await;
    page.says("main", "Your session has ended").await;
    assert!(!stage.server.accepts(&temporary).await && !stage.server.accepts(&child).await);
}

async fn user_managed(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(ADMIN).await;
    page.visit("/users").await;
    page.click("#new-user").await;
    page.write("dialog .field:nth-of-type(1) input", "bob").await;
    page.write("dialog input[type=password]", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.says("#user-list", "bob").await;
    let status = async || stage.server.call(Credential::Password("bob", PASSWORD), "GET", "/user", None).await.0;
    assert_eq!(status().await, 200);
    page.click_label("#user-list", "Block bob").await;
    page.click("dialog button[type=submit]").await;
    page.labelled("#user-list", "Unblock bob").await;
    assert_ne!(status().await, 200);
    page.click_label("#user-list", "Delete bob").await;
    page.write("dialog input", "bob").await;
    page.keys(Key::Enter).await;
    page.becomes("bob is gone", "return !document.getElementById('user-list').innerText.includes('bob')").await;
}

async fn service_made(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(ADMIN).await;
    page.visit("/services").await;
    page.click("#new-service").await;
    page.write("dialog input", "portal").await;
    page.keys(Key::Enter).await;
    page.view("tokens").await;
    page.click("#new-token").await;
    page.write("#token-name", "first").await;
    page.write("#create-form input[type=password]", PASSWORD).await;
    page.click("#create").await;
    page.view("made").await;
    let token = page.text("#token-text").await;
    let body = json!({ "token": token });
    let (status, told) = stage.server.call(Credential::Nobody, "POST", "/tokens/verify_access_token", Some(body)).await;
    assert_eq!((status, &told["subject"]["type"]), (200, &json!("oneprovider")), "{told}");
}

async fn key_rotated(stage: &Stage<'_>) {
    let page = &stage.page;
    let old = stage.server.mint(USER, "of the old key", &json!([])).await;
    stage.sign_in(ADMIN).await;
    page.visit("/keys").await;
    page.click("#rotate-key").await;
    page.click("dialog button[type=submit]").await;
    // The new key is on its way for a second, and offers nothing that would end it.
    page.labelled("#key-list", "Retire").await;
    // There and back.
    for _ in 0..2 {
        let id = page.text("#key-list tbody tr:nth-child(2) code").await;
        page.click_label("#key-list", "Make active").await;
        page.says("dialog", "New tokens are made with this key from now on").await;
        page.click("dialog button[type=submit]").await;
        let first = format!("return document.querySelector('#key-list tbody tr')?.innerText.includes('{id}')");
        page.becomes("the key is the first one", &first).await;
    }
    assert!(stage.server.accepts(&old).await);
    page.click_label("#key-list", "Retire").await;
    page.says("dialog", "Every token that was made with this key is refused").await;
    page.write("dialog input", "retire").await;
    page.keys(Key::Enter).await;
    // The session's own token was made with it.
    page.says("main", "Your session has ended").await;
    assert!(!stage.server.accepts(&old).await);
    stage.sign_in(ADMIN).await;
    page.visit("/keys").await;
    page.says("#key-list", "Its tokens are refused").await;
}

async fn audited(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.server.mint(USER, "noted", &json!([])).await;
    stage.sign_in(ADMIN).await;
    page.visit("/audit").await;
    page.says("#audit-list", "token.mint").await;
    page.says("#audit-list", "Alice Nowak").await;
    page.set("#audit-kind", "user.add").await;
    page.click("#audit-submit").await;
    page.becomes(
        "only what was asked for is shown",
        "return !document.getElementById('audit-list').innerText.includes('token.mint')",
    )
    .await;
    page.says("#audit-list", "user.add").await;
}
