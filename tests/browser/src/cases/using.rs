//! Carrying a new token to where it is used: by copying, by pasting lines.

use serde_json::json;

use super::{Case, case};
use crate::server::{Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("the copy button copies the token, and nothing but the token", copied),
    case!("the lines for curl, Python and the command work as they are shown", lines),
    case!("the lines for a token that this server refuses tell that it is good", refused_lines),
    case!("the lines for an identity token tell whose it is", identity_lines),
];

/// Makes a token in the browser; its text.
async fn make(stage: &Stage<'_>, is_identity: bool) -> String {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.visit("/tokens/new").await;
    page.write("#token-name", "made here").await;
    if is_identity {
        page.click("#create-form input[value=idn]").await;
    } else {
        page.click("button[data-limit=interface]").await;
    }
    page.write("#create-form input[type=password]", PASSWORD).await;
    page.click("#create").await;
    page.view("made").await;
    page.text("#token-text").await
}

/// The lines that are shown at a place, from 0.
async fn shown_lines(stage: &Stage<'_>, place: usize) -> String {
    stage.page.run("return document.querySelectorAll('.recipe pre')[arguments[0]].textContent", [json!(place)]).await
}

async fn copied(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = make(stage, false).await;
    page.click("#copy-token").await;
    page.says("#copy-token", "Copied").await;
    // The page itself may not read the clipboard: a person pastes.
    page.visit("/inspect").await;
    page.click("#token-input").await;
    page.control('v').await;
    page.element("#says").await;
    assert_eq!(page.value("#token-input").await, token);
    assert!(stage.server.accepts(&page.value("#token-input").await).await);
}

/// Runs all lines that are shown, each of which must print a text.
async fn run_lines(stage: &Stage<'_>, expected: &str) {
    for place in 0..3 {
        let lines = shown_lines(stage, place).await;
        let command = if place == 1 { format!("python3 <<'END'\n{lines}\nEND") } else { lines };
        let printed = stage.server.shell(&command).await;
        assert!(printed.contains(expected), "{command}: {printed}");
    }
}

async fn user_id(stage: &Stage<'_>) -> String {
    let (_, user) = stage.server.call(Credential::Password(USER, PASSWORD), "GET", "/user", None).await;
    user["userId"].as_str().unwrap().to_owned()
}

async fn lines(stage: &Stage<'_>) {
    make(stage, false).await;
    run_lines(stage, "Alice Nowak").await;
    let variables = shown_lines(stage, 2).await;
    let variables: Vec<_> =
        variables.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next()).collect();
    assert_eq!(variables, ["ONEZONE_HOST", "ONEZONE_API_KEY"]);
}

/// Limits that this server's own API can never meet, and some that it could.
async fn refused_lines(stage: &Stage<'_>) {
    let page = &stage.page;
    let user = user_id(stage).await;
    for (number, caveats) in [
        json!([{ "type": "data.readonly" }]),
        json!([{ "type": "interface", "interface": "oneclient" }]),
        json!([{ "type": "data.path", "whitelist": ["L3NwYWNl"] }, { "type": "ip", "whitelist": ["127.0.0.0/8"] }]),
        json!([{ "type": "http.method", "whitelist": ["PUT"] }, { "type": "http.path", "whitelist": ["/it's/*"] }]),
        json!([{ "type": "api", "whitelist": ["ozw/create/token.*.*:*"] }]),
    ]
    .into_iter()
    .enumerate()
    {
        let token = stage.server.mint(USER, &format!("limited {number}"), &caveats).await;
        assert_eq!(stage.server.call(Credential::Token(&token), "GET", "/user", None).await.0 / 100, 4, "{caveats}");
        stage.open().await;
        page.visit("/inspect").await;
        page.set("#token-input", &token).await;
        page.click("#narrow button[data-limit=time]").await;
        page.set(".limit[data-limit=time] input", "2030-01-02T03:04").await;
        page.click("#narrow-submit").await;
        page.says("#narrowed", "This server's own API refuses the token").await;
        run_lines(stage, &user).await;
    }
    let elsewhere = json!([{ "type": "service", "whitelist": ["opw-*"] }]);
    let token = stage.server.mint(USER, "for elsewhere", &elsewhere).await;
    page.set("#token-input", &token).await;
    page.click("#narrow button[data-limit=time]").await;
    page.set(".limit[data-limit=time] input", "2030-01-02T03:04").await;
    page.click("#narrow-submit").await;
    page.says("#narrowed", "No line from here could use it").await;
    assert!(!page.has(".recipe").await);
}

async fn identity_lines(stage: &Stage<'_>) {
    let token = make(stage, true).await;
    run_lines(stage, &user_id(stage).await).await;
    assert!(!stage.server.accepts(&token).await, "an identity token is no credential");
}
