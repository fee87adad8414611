//! One's own account, and what administrators see.

use serde_json::{Value, json};
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
    case!("the audit trail is filtered by name, address, time and request", audit_filtered),
    case!("an error of the server leads administrators to the request in the audit trail", request_linked),
    case!("users are found by their names", users_found),
    case!("privileges are granted and taken away, and nobody grants what they lack", privileges_changed),
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
    // After a refusal nothing is typed twice.
    page.write("#new-password", "password1").await;
    page.write("#new-password-again", "password1").await;
    page.click("#change-password").await;
    page.says("[role=alert]", "common").await;
    assert_eq!(page.value("#old-password").await, PASSWORD);
    page.write("#new-password", NEW_PASSWORD).await;
    page.click("#change-password").await;
    page.says("#new-password-again-error", "The two passwords are not the same").await;
    page.write("#new-password-again", NEW_PASSWORD).await;
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
        page.says("dialog", "New tokens are minted with this key from now on").await;
        page.click("dialog button[type=submit]").await;
        let first = format!("return document.querySelector('#key-list tbody tr')?.innerText.includes('{id}')");
        page.becomes("the key is the first one", &first).await;
    }
    assert!(stage.server.accepts(&old).await);
    page.click_label("#key-list", "Retire").await;
    page.says("dialog", "All tokens minted with this key are refused").await;
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

/// What the first column of the trail's rows says, once the list is there.
async fn actions(stage: &Stage<'_>) -> Vec<String> {
    stage.page.settled().await;
    let script = "return [...document.querySelectorAll('#audit-list td code:not(.id)')].map((one) => one.innerText)";
    stage.page.run::<Vec<String>>(script, []).await.into_iter().filter(|text| text.contains('.')).collect()
}

async fn audit_filtered(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.server.mint(USER, "noted", &json!([])).await;
    stage.sign_in(ADMIN).await;
    page.visit("/audit").await;
    let filter = async |field: &str, value: &str| {
        page.set(field, value).await;
        page.click("#audit-submit").await;
        let found = actions(stage).await;
        page.set(field, "").await;
        found
    };
    assert_eq!(filter("#audit-user", USER).await, ["token.mint", "user.add"]);
    assert_eq!(filter("#audit-user", "nobody-here").await, Vec::<String>::new());
    assert!(filter("#audit-network", "127.0.0.1").await.contains(&"token.mint".to_owned()));
    assert_eq!(filter("#audit-network", "192.0.2.7").await, Vec::<String>::new());
    assert_eq!(filter("#audit-from", "2100-01-01T00:00").await, Vec::<String>::new());
    assert!(filter("#audit-until", "2100-01-01T00:00").await.contains(&"token.mint".to_owned()));
    page.set("#audit-network", "not an address").await;
    page.click("#audit-submit").await;
    page.says("#audit-list [role=alert]", "network").await;
    page.set("#audit-network", "").await;
    page.set("#audit-kind", "token.mint").await;
    page.click("#audit-submit").await;
    page.settled().await;
    let request: String = page.run("return document.querySelector('#audit-list .note code').innerText", []).await;
    page.set("#audit-kind", "").await;
    assert_eq!(filter("#audit-request", &request).await, ["token.mint"]);
}

/// Has the server seem to fail at the next call, with the number of a request that is in the trail; the number.
async fn fail_next(stage: &Stage<'_>) -> String {
    let credential = Credential::Password(ADMIN, PASSWORD);
    let (_, trail) = stage.server.call(credential, "GET", "/audit?kind=token.mint", None).await;
    let request = trail["rows"][0]["request"].as_str().unwrap().to_owned();
    let script = "const [request] = arguments;
        const real = window.fetch;
        window.fetch = async () => {
          window.fetch = real;
          return new Response('', { status: 500, headers: { 'x-request-id': request } });
        };";
    stage.page.run::<Value>(script, [json!(request)]).await;
    request
}

async fn request_linked(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.server.mint(USER, "noted", &json!([])).await;
    stage.sign_in(USER).await;
    let request = fail_next(stage).await;
    page.click("#revoke-all").await;
    page.write("#dialog-word", "revoke all").await;
    page.click("dialog button[type=submit]").await;
    page.says("dialog [role=alert]", &request).await;
    assert!(!page.has("[role=alert] a").await, "a user has no audit trail");
    page.click_label("dialog", "Cancel").await;
    page.click("#sign-out").await;
    stage.sign_in(ADMIN).await;
    let request = fail_next(stage).await;
    page.visit("/keys").await;
    page.says("[role=alert]", &request).await;
    page.click_label("[role=alert]", "See this request in the audit trail").await;
    page.view("audit").await;
    assert_eq!(actions(stage).await, ["token.mint"]);
}

async fn users_found(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(ADMIN).await;
    page.visit("/users").await;
    let shown = "return document.querySelectorAll('#user-list tbody tr').length === ";
    page.becomes("both are shown", &format!("{shown}2")).await;
    for text in ["NOWAK", "alic"] {
        page.write("#user-search", text).await;
        page.becomes("one is shown", &format!("{shown}1")).await;
        page.says("#user-list", "Alice Nowak").await;
        page.write("#user-search", " ").await;
        page.becomes("both are shown", &format!("{shown}2")).await;
    }
    page.write("#user-search", "nobody").await;
    page.says("#user-list", "No accounts").await;
}

async fn privileges_changed(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(ADMIN).await;
    page.visit("/users").await;
    page.click_label("#user-list", "Alice Nowak").await;
    for privilege in ["oz_users_list", "oz_users_view", "zm_users_manage_privileges"] {
        page.click(&format!("#privileges-form input[value={privilege}]")).await;
    }
    page.click("#save-privileges").await;
    page.says("#announcer", "The privileges are saved").await;
    page.click("#sign-out").await;
    stage.sign_in(USER).await;
    page.visit("/users").await;
    page.click_label("#user-list", "Alice Nowak").await;
    page.element("#privileges-form").await;
    assert!(page.has("input[value=oz_tokens_manage]:disabled").await, "nobody grants what they lack");
    page.click("#privileges-form input[value=oz_users_list]").await;
    page.click("#save-privileges").await;
    page.becomes("the menu has no users any more", "return document.querySelector('[data-nav=users]') === null").await;
}
