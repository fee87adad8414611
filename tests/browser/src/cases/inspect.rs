//! Looking into a pasted token, and narrowing it.

use serde_json::{Value, json};

use super::{Case, case};
use crate::server::{Credential, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a pasted token is read and narrowed in the browser, and nothing is sent", narrowed),
    case!("a token that is narrowed to another place is refused here", narrowed_elsewhere),
    case!("asking the server about a token sends it, and tells whose it is", asked),
    case!("a text that is no token is told as such", unreadable),
];

const NARROWED: &str = "#narrowed #token-text";

async fn open(stage: &Stage<'_>, token: &str) {
    stage.open().await;
    stage.page.visit("/inspect").await;
    stage.page.view("inspect").await;
    stage.page.requests().await;
    stage.page.set("#token-input", token).await;
}

async fn narrowed(stage: &Stage<'_>) {
    let page = &stage.page;
    let wide = stage.server.mint(USER, "wide", &json!([{ "type": "interface", "interface": "rest" }])).await;
    open(stage, &wide).await;
    page.says("#says", "usable only through the rest interface").await;
    page.says("#narrow", "The token keeps the limits that it has").await;
    page.click("#narrow button[data-limit=time]").await;
    page.set(".limit[data-limit=time] input", "2030-01-02T03:04").await;
    page.click("#narrow button[data-limit=ip]").await;
    page.write(".limit[data-limit=ip] textarea", "127.0.0.0/8").await;
    page.says("#narrow", "usable only from 127.0.0.0/8").await;
    page.click("#narrow-submit").await;
    let narrow = page.text(NARROWED).await;
    assert_eq!(page.requests().await, Vec::<String>::new(), "nothing is sent");
    assert!(stage.server.accepts(&narrow).await);
    let expected = ["interface = rest", "time < 1893553440", "ip = 127.0.0.0/8"];
    assert_eq!(stage.program.caveats(&narrow).await, expected);
}

async fn narrowed_elsewhere(stage: &Stage<'_>) {
    let page = &stage.page;
    let wide = stage.server.mint(USER, "wide", &json!([])).await;
    open(stage, &wide).await;
    page.click("#narrow button[data-limit=ip]").await;
    page.write(".limit[data-limit=ip] textarea", "192.0.2.1").await;
    page.click("#narrow-submit").await;
    let narrow = page.text(NARROWED).await;
    assert!(!stage.server.accepts(&narrow).await, "it is for another place");
    page.set("#token-input", &narrow).await;
    page.says("#says", "usable only from 192.0.2.1").await;
}

async fn asked(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "asked about", &json!([])).await;
    open(stage, &token).await;
    page.click("#ask-server").await;
    let (_, user) = stage.server.call(Credential::Token(&token), "GET", "/user", None).await;
    page.says("#says [data-notice=good]", user["userId"].as_str().unwrap()).await;
    let asked = ["provider/public/get_current_time", "tokens/verify_access_token"];
    let asked = asked.map(|path| format!("{}/api/v3/onezone/{path}", stage.server.origin));
    assert_eq!(page.requests().await, asked, "the server's time, and the token");
    page.set("#token-input", &spoiled(&token)).await;
    page.click("#ask-server").await;
    page.says("#says [data-notice=warning]", "The server does not accept it").await;
}

/// The token with another signature: one letter of it is changed that is no part of an escape (`00`, `01`, `02`).
fn spoiled(token: &str) -> String {
    let bytes = token.as_bytes();
    let at = (0..token.len() - 9).rfind(|at| bytes[*at] != b'0' && bytes[at - 1] != b'0').unwrap();
    let other = if bytes[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

async fn unreadable(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "part", &json!([])).await;
    open(stage, &token[..token.len() / 2]).await;
    page.says("#token-input-error", "Check that all of it was copied").await;
    page.set("#token-input", "what is this?").await;
    page.says("#token-input-error", "This is not a token").await;
    page.set("#token-input", &token).await;
    page.element("#says").await;
    let wrong: Value = page.run("return document.getElementById('token-input').getAttribute('aria-invalid')", []).await;
    assert_eq!(wrong, Value::Null);
    assert_eq!(page.requests().await, Vec::<String>::new());
}
