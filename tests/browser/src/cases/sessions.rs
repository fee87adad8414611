//! Signing in and out, and how a session ends.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Case, case};
use crate::page::Page;
use crate::server::{Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a user signs in, and is told who and for how long", signs_in),
    case!("a wrong password is told in words, and may be typed again at once", wrong_password),
    case!("what is missing is told at its field before anything is sent", missing),
    case!("a session that the server ended is told, and forgotten", ended_by_server),
    case!("a session whose time is over is told, and forgotten", ended_by_time),
    case!("who has signed out is not let in again by going back", signed_out),
    case!("a page that is loaded anew asks to sign in, and complains of nothing", reloaded),
    case!("a session is prolonged by the password alone", prolonged),
    case!("the manual opens beside the console, which keeps its session and its form", manual_beside),
    case!("signing in and creating a token need no mouse", keyboard_only),
    case!("the policy of the page stops a script that is not its own", policy),
];

async fn signs_in(stage: &Stage<'_>) {
    stage.sign_in(USER).await;
    stage.page.says("#signed-in-as", "Alice Nowak").await;
    let left = stage.page.text("#time-left").await;
    assert!(left.starts_with("29:") || left == "30:00", "{left}");
    stage.forgot(&[PASSWORD]).await;
}

async fn wrong_password(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.open().await;
    page.write("#username", USER).await;
    page.write("#password", "not-the-password").await;
    page.click("#sign-in").await;
    // A login box of the browser would hold the answer back until somebody closes it.
    page.says("[role=alert]", "Wrong user name or password").await;
    assert!(page.has_focus("#password").await);
    assert_eq!(page.value("#password").await, "");
    page.keys(PASSWORD).await;
    page.keys(Key::Enter).await;
    page.view("tokens").await;
}

async fn missing(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.open().await;
    page.requests().await;
    page.click("#sign-in").await;
    page.says("#username-error", "Enter your user name").await;
    page.says("#password-error", "Enter your password").await;
    assert!(page.has_focus("#username").await);
    assert_eq!(page.requests().await, Vec::<String>::new());
}

async fn ended_by_server(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "kept", &json!([])).await;
    stage.sign_in(USER).await;
    let (status, _) =
        stage.server.call(Credential::Password(USER, PASSWORD), "DELETE", "/user/tokens/temporary", None).await;
    assert_eq!(status, 204);
    page.visit("/account").await;
    page.visit("/tokens").await;
    page.view("sign-in").await;
    page.says("main", "Your session has ended").await;
    assert!(!page.has("#signed-in-as").await);
    stage.forgot(&[PASSWORD, "Alice Nowak", &token]).await;
}

/// Lets minutes pass by the page's clock. Whatever the server answers would set it right again, so nothing is asked for.
async fn pass(page: &Page, minutes: u32) {
    page.visit("/account").await;
    page.view("account").await;
    let script = "const now = Date.now; Date.now = () => now() + arguments[0] * 60 * 1000;";
    page.run::<Value>(script, [minutes.into()]).await;
}

async fn ended_by_time(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    pass(page, 30).await;
    page.view("sign-in").await;
    page.says("main", "Your session has ended").await;
    page.requests().await;
    page.visit("/tokens").await;
    page.view("sign-in").await;
    assert_eq!(page.requests().await, Vec::<String>::new());
    stage.forgot(&[PASSWORD, "Alice Nowak"]).await;
}

async fn signed_out(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.visit("/account").await;
    page.view("account").await;
    page.click("#sign-out").await;
    page.says("main", "You are signed out").await;
    page.back().await;
    page.view("sign-in").await;
    stage.forgot(&[PASSWORD, "Alice Nowak"]).await;
}

async fn reloaded(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.reload().await;
    page.view("sign-in").await;
    assert!(!page.has("[data-notice]").await, "{}", page.text("main").await);
    stage.forgot(&[PASSWORD, "Alice Nowak"]).await;
}

async fn prolonged(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    pass(page, 26).await;
    page.becomes("little time is left", "return document.getElementById('time-left').innerText.startsWith('3:')").await;
    page.click("#stay").await;
    page.write("dialog input", "not-the-password").await;
    page.keys(Key::Enter).await;
    page.says("dialog [role=alert]", "Wrong user name or password").await;
    page.write("dialog input", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.becomes("there is more time", "return /^(29:|30:)/.test(document.getElementById('time-left').innerText)")
        .await;
    page.becomes("the dialog is gone", "return document.querySelector('dialog') === null").await;
}

async fn manual_beside(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(USER).await;
    page.visit("/tokens/new").await;
    page.write("#token-name", "half typed").await;
    for (number, path) in [(2, "/manual"), (3, "/docs")] {
        page.click(&format!(".further a[href='{path}']")).await;
        page.windows(number).await;
    }
    assert_eq!(page.value("#token-name").await, "half typed");
    page.says("#signed-in-as", "Alice Nowak").await;
}

async fn keyboard_only(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.open().await;
    page.tab_to("#username").await;
    page.keys(USER).await;
    page.tab_to("#password").await;
    page.keys(PASSWORD).await;
    page.keys(Key::Enter).await;
    page.view("tokens").await;
    page.tab_to("#new-token").await;
    page.keys(Key::Enter).await;
    page.view("create").await;
    page.tab_to("#token-name").await;
    page.keys("typed").await;
    page.tab_to("button[data-limit=interface]").await;
    page.keys(Key::Space).await;
    page.tab_to("#create-form input[type=password]").await;
    page.keys(PASSWORD).await;
    page.tab_to("#create").await;
    page.keys(Key::Enter).await;
    page.view("made").await;
    page.tab_to("#copy-token").await;
    page.keys(Key::Enter).await;
    page.says("#copy-token", "Copied").await;
    assert!(stage.server.accepts(&page.text("#token-text").await).await);
}

async fn policy(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.open().await;
    let script = "const done = arguments[arguments.length - 1];
        const found = new Set();
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          found.add(effectiveDirective);
          if (found.size === 4) {
            done([...found].sort());
          }
        });
        // An address that is no TrustedScriptURL is refused with an error.
        try {
          document.createElement('script').src = 'https://127.0.0.1:9/own.js';
        } catch {}
        document.body.append(Object.assign(document.createElement('img'), { src: 'https://127.0.0.1:9/picture.png' }));
        document.body.setAttribute('style', 'color: red');
        fetch('https://127.0.0.1:9/').catch(() => {});";
    let stopped: Vec<String> = page.run_long(script, []).await;
    assert_eq!(stopped, ["connect-src", "img-src", "require-trusted-types-for", "style-src-attr"]);
    assert!(!page.complaints().await.is_empty(), "a violation would be seen after every case");
}
