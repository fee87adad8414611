//! Making tokens, and taking them back.

use serde_json::json;
use thirtyfour::Key;

use super::{Case, case};
use crate::page::Page;
use crate::server::{Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a token is created with limits, and a sentence says them before and after", created),
    case!("a token is not created with a wrong password, a wrong limit or a name that is taken", not_created),
    case!("a revoked token is refused, and accepted when it is restored", revoked),
    case!("revoking all tokens takes a word, and cancelling keeps them", revoked_all),
    case!("a token is rotated: the new one is accepted, the old one is not", rotated),
    case!("what a token minted is revoked and rotated away with it when that is asked for", with_descendants),
    case!("tokens are found by their names and states", found),
];

/// Fills in the form for a new token and sends it.
async fn create(page: &Page, name: &str) {
    page.visit("/tokens/new").await;
    page.write("#token-name", name).await;
    page.write("#create-form input[type=password]", PASSWORD).await;
    page.click("#create").await;
}

async fn created(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.visit("/tokens/new").await;
    page.write("#token-name", "nightly import").await;
    page.click("button[data-limit=ip]").await;
    page.write(".limit[data-limit=ip] textarea", "127.0.0.1\n2001:db8::/32").await;
    page.click("button[data-limit=interface]").await;
    page.click("button[data-limit='http.method']").await;
    page.click(".limit[data-limit='http.method'] input[value=GET]").await;
    page.says("#summary", "usable only from 127.0.0.1/32 or 2001:db8::/32").await;
    page.says("#summary", "usable only for requests with the method GET").await;
    page.says("#summary", "valid until").await;
    page.click_label(".limit[data-limit='http.method']", "Remove the limit Methods of requests").await;
    page.write("#create-form input[type=password]", PASSWORD).await;
    page.click("#create").await;
    page.view("made").await;
    let token = page.text("#token-text").await;
    assert!(stage.server.accepts(&token).await);
    let caveats = stage.program.caveats(&token).await;
    assert!(caveats[0].starts_with("time < "), "{caveats:?}");
    assert_eq!(caveats[1..], ["ip = 127.0.0.1/32|2001:db8::/32", "interface = rest"]);
    page.click("#made-done").await;
    page.says("#token-list", "nightly import").await;
    page.says("#token-list", "Usable only from 127.0.0.1/32 or 2001:db8::/32").await;
    stage.forgot(&[PASSWORD, &token]).await;
}

async fn not_created(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.server.mint(USER, "taken", &json!([])).await;
    stage.sign_in(USER).await;
    create(page, "taken").await;
    page.says("#token-name-error", "There is another one of that name").await;
    assert_eq!(page.value("#create-form input[type=password]").await, PASSWORD, "it need not be typed twice");
    page.write("#token-name", "free").await;
    page.write("#create-form input[type=password]", "not-the-password").await;
    page.keys(Key::Enter).await;
    page.says("#create-form .field-error", "Wrong user name or password").await;
    page.click("button[data-limit=ip]").await;
    page.write(".limit[data-limit=ip] textarea", "300.0.0.1").await;
    page.write("#create-form input[type=password]", PASSWORD).await;
    page.click("#create").await;
    page.says(".limit .field-error", "“300.0.0.1” is not of this form").await;
    page.visit("/tokens").await;
    page.says("#token-list", "taken").await;
    assert!(!page.text("#token-list").await.contains("free"));
    stage.forgot(&[PASSWORD]).await;
}

async fn revoked(stage: &Stage<'_>) {
    let page = &stage.page;
    let [one, other] =
        [stage.server.mint(USER, "one", &json!([])).await, stage.server.mint(USER, "other", &json!([])).await];
    stage.sign_in(USER).await;
    page.click_label("#token-list", "Revoke one").await;
    page.click("dialog button[type=submit]").await;
    page.says("#token-list", "Revoked").await;
    assert!(!stage.server.accepts(&one).await);
    assert!(stage.server.accepts(&other).await);
    page.click_label("#token-list", "Restore one").await;
    page.write("dialog input", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.labelled("#token-list", "Revoke one").await;
    assert!(stage.server.accepts(&one).await);
}

async fn revoked_all(stage: &Stage<'_>) {
    let page = &stage.page;
    let tokens = [stage.server.mint(USER, "one", &json!([])).await, stage.server.mint(USER, "other", &json!([])).await];
    stage.sign_in(USER).await;
    page.click("#revoke-all").await;
    page.write("#dialog-word", "revoke").await;
    page.click("dialog button[type=submit]").await;
    page.says("dialog .field-error", "Type revoke all").await;
    page.click_label("dialog", "Cancel").await;
    assert!(stage.server.accepts(&tokens[0]).await && stage.server.accepts(&tokens[1]).await);
    page.click("#revoke-all").await;
    page.write("#dialog-word", "revoke all").await;
    page.keys(Key::Enter).await;
    page.labelled("#token-list", "Restore other").await;
    assert!(!stage.server.accepts(&tokens[0]).await && !stage.server.accepts(&tokens[1]).await);
    // The session's own token is a temporary one.
    page.visit("/account").await;
    page.visit("/tokens").await;
    page.view("tokens").await;
}

async fn rotated(stage: &Stage<'_>) {
    let page = &stage.page;
    let old = stage.server.mint(USER, "robot", &json!([{ "type": "interface", "interface": "rest" }])).await;
    stage.sign_in(USER).await;
    page.click_label("#token-list", "Rotate robot").await;
    page.set("dialog select", "0").await;
    page.write("dialog input[type=password]", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.view("made").await;
    let new = page.text("#token-text").await;
    assert_ne!(new, old);
    assert!(stage.server.accepts(&new).await);
    assert!(!stage.server.accepts(&old).await);
    assert_eq!(stage.program.caveats(&new).await, ["interface = rest"]);
}

async fn with_descendants(stage: &Stage<'_>) {
    let page = &stage.page;
    let parents =
        [stage.server.mint(USER, "seen", &json!([])).await, stage.server.mint(USER, "robot", &json!([])).await];
    let mut children = Vec::new();
    for parent in &parents {
        let made = stage.server.call(Credential::Token(parent), "POST", "/user/client_tokens", None).await;
        children.push(made.1["token"].as_str().unwrap().to_owned());
    }
    stage.sign_in(USER).await;
    page.says("#token-list", "Minted by another token").await;
    page.click_label("#token-list", "Revoke seen").await;
    page.click("#with-descendants").await;
    page.click("dialog button[type=submit]").await;
    page.says("#announcer", "One descendant was revoked").await;
    assert!(!stage.server.accepts(&parents[0]).await && !stage.server.accepts(&children[0]).await);
    page.click_label("#token-list", "Rotate robot").await;
    page.click("#with-descendants").await;
    page.write("dialog input[type=password]", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.view("made").await;
    assert!(stage.server.accepts(&page.text("#token-text").await).await);
    assert!(!stage.server.accepts(&parents[1]).await && !stage.server.accepts(&children[1]).await);
}

async fn found(stage: &Stage<'_>) {
    let page = &stage.page;
    for name in ["laptop", "nightly import", "nightly export"] {
        stage.server.mint(USER, name, &json!([])).await;
    }
    stage.sign_in(USER).await;
    page.click_label("#token-list", "Revoke nightly export").await;
    page.click("dialog button[type=submit]").await;
    page.labelled("#token-list", "Restore nightly export").await;
    page.write("#token-search", "nightly").await;
    let shown = "return [...document.querySelectorAll('#token-list tbody tr')].length === ";
    page.becomes("two tokens are shown", &format!("{shown}2")).await;
    page.set("#token-state", "revoked").await;
    page.becomes("one token is shown", &format!("{shown}1")).await;
    page.says("#token-list", "nightly export").await;
    page.write("#token-search", "no such token").await;
    page.says("#token-list", "No token has this name and state").await;
}
