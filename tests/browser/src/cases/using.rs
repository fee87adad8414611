//! Carrying a new token to where it is used: by copying, by pasting lines, by a camera.

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Case, case};
use crate::server::{Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("the copy button copies the token, and nothing but the token", copied),
    case!("the lines for curl, Python and the environment work as they are shown", lines),
    case!("the line for an identity token tells whose it is", identity_lines),
    case!("the QR code holds the token", qr_code),
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

async fn lines(stage: &Stage<'_>) {
    make(stage, false).await;
    for place in [0, 1] {
        let lines = shown_lines(stage, place).await;
        let command = if place == 0 { lines } else { format!("python3 <<'END'\n{lines}\nEND") };
        let printed = stage.server.shell(&command).await;
        assert!(printed.contains("Alice Nowak"), "{command}: {printed}");
    }
    let environment = shown_lines(stage, 2).await;
    let ask = "curl -sS -H \"X-Auth-Token: $ONEZONE_TOKEN\" \"https://$ONEZONE_HOST/api/v3/onezone/user\"";
    let printed = stage.server.shell(&format!("{environment}\n{ask}")).await;
    assert!(printed.contains("Alice Nowak"), "{environment}: {printed}");
}

async fn identity_lines(stage: &Stage<'_>) {
    let token = make(stage, true).await;
    let (_, user) = stage.server.call(Credential::Password(USER, PASSWORD), "GET", "/user", None).await;
    for place in [0, 1] {
        let lines = shown_lines(stage, place).await;
        let command = if place == 0 { lines } else { format!("python3 <<'END'\n{lines}\nEND") };
        let printed = stage.server.shell(&command).await;
        assert!(printed.contains(user["userId"].as_str().unwrap()), "{command}: {printed}");
    }
    assert!(!stage.server.accepts(&token).await, "an identity token is no credential");
}

async fn qr_code(stage: &Stage<'_>) {
    let token = make(stage, false).await;
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("code.png");
    // A camera sees more than one pixel for each of the screen's.
    stage.page.picture_of(".qr", 2, &picture).await;
    let output = Command::new("zbarimg").args(["--raw", "--quiet"]).arg(&picture).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), token);
    let readable: Value =
        stage.page.run("return document.querySelector('.qr').getBoundingClientRect().width", []).await;
    assert!(readable.as_f64().unwrap() > 200.0, "{readable} pixels are few");
}
