//! Passwords that an administrator does not know: reset links, and passwords that must be changed.

use serde_json::{Value, json};

use super::{Case, case};
use crate::server::{ADMIN, Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a reset link is made, shown once, and lets its holder choose a password", reset),
    case!("a reset link that is used is refused, and says what to do", reset_twice),
    case!("the page of a reset link stays as it is when a session ends", reset_kept),
    case!("who must change the password does so at the sign-in, without typing the old one again", must_change),
];

const NEW_PASSWORD: &str = "another-horse-battery";

/// Signs the administrator in and opens the page of the user.
async fn open_user(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.sign_in(ADMIN).await;
    page.visit("/users").await;
    page.click_label("#user-list", "Alice Nowak").await;
    page.view("user").await;
    page.settled().await;
}

async fn make_link(stage: &Stage<'_>) -> String {
    open_user(stage).await;
    stage.page.click("#make-reset-link").await;
    stage.page.click("dialog button[type=submit]").await;
    stage.page.text("#reset-link").await
}

/// Opens a link as somebody who has not been here before.
async fn open_link(stage: &Stage<'_>, link: &str) {
    stage.page.goto("about:blank").await;
    stage.page.goto(link).await;
    stage.page.view("reset").await;
}

async fn choose(stage: &Stage<'_>, password: &str) {
    stage.page.write("#new-password", password).await;
    stage.page.write("#new-password-again", password).await;
    stage.page.click("#reset-password").await;
}

async fn reset(stage: &Stage<'_>) {
    let page = &stage.page;
    let link = make_link(stage).await;
    let (start, secret) = link.rsplit_once('/').unwrap();
    assert_eq!(start, format!("{}/#/reset", stage.server.origin));
    page.says("main", "is shown only now").await;
    assert!(page.has_focus("#copy-reset-link").await);
    page.visit("/users").await;
    stage.forgot(&[secret]).await;
    open_link(stage, &link).await;
    assert_eq!(page.run::<String>("return location.href", []).await, format!("{}/#/reset", stage.server.origin));
    let sent: Vec<_> = page.requests().await.into_iter().filter(|url| url.contains(secret)).collect();
    assert_eq!(sent, Vec::<String>::new(), "no server sees the secret in an address");
    page.write("#new-password", NEW_PASSWORD).await;
    page.write("#new-password-again", "another").await;
    page.click("#reset-password").await;
    page.says("#new-password-again-error", "The two passwords are not the same").await;
    choose(stage, "password1").await;
    page.says("[role=alert]", "common").await;
    choose(stage, NEW_PASSWORD).await;
    page.says("#reset-done", "Your user name is alice").await;
    stage.forgot(&[secret, NEW_PASSWORD]).await;
    let status = async |password| stage.server.call(Credential::Password(USER, password), "GET", "/user", None).await.0;
    assert_eq!((status(NEW_PASSWORD).await, status(PASSWORD).await), (200, 401));
    page.click("#reset-sign-in").await;
    page.view("sign-in").await;
}

async fn reset_twice(stage: &Stage<'_>) {
    let page = &stage.page;
    let link = make_link(stage).await;
    open_link(stage, &link).await;
    choose(stage, NEW_PASSWORD).await;
    page.element("#reset-done").await;
    open_link(stage, &link).await;
    choose(stage, "one-more-horse-battery").await;
    page.says("[role=alert]", "administrator").await;
    page.reload().await;
    page.says("main", "open the link again").await;
}

async fn reset_kept(stage: &Stage<'_>) {
    let page = &stage.page;
    let link = make_link(stage).await;
    let (_, secret) = link.rsplit_once('/').unwrap();
    page.visit(&format!("/reset/{secret}")).await;
    page.view("reset").await;
    page.write("#new-password", NEW_PASSWORD).await;
    page.click("#sign-out").await;
    page.becomes("nobody is signed in", "return document.querySelector('#signed-in-as') === null").await;
    assert!(page.has_focus("h1").await);
    assert_eq!(page.value("#new-password").await, NEW_PASSWORD);
    choose(stage, NEW_PASSWORD).await;
    page.says("#reset-done", "Your user name is alice").await;
}

async fn must_change(stage: &Stage<'_>) {
    let page = &stage.page;
    open_user(stage).await;
    page.click("#must-change").await;
    page.says("#user", "Must change password").await;
    assert!(page.has_focus("#must-change").await);
    let kept = async || {
        let (_, user) =
            stage.server.call(Credential::Password(ADMIN, PASSWORD), "GET", "/users?name=alice", None).await;
        let id = user["users"][0].as_str().unwrap().to_owned();
        stage.server.call(Credential::Password(ADMIN, PASSWORD), "GET", &format!("/users/{id}"), None).await.1
    };
    assert_eq!(kept().await["mustChangePassword"], json!(true));
    // In a page that has not shown what the user may not see.
    stage.open().await;
    page.write("#username", USER).await;
    page.write("#password", PASSWORD).await;
    page.click("#sign-in").await;
    page.says("#must-change-form", "must be changed before you go on").await;
    assert!(page.has_focus("#new-password").await);
    page.write("#new-password", NEW_PASSWORD).await;
    page.write("#new-password-again", NEW_PASSWORD).await;
    // The sign-in after the change fails once.
    let script = "const real = fetch;
        window.fetch = async (url, options) => {
          if (url.endsWith('/temporary')) {
            window.fetch = real;
            throw new TypeError();
          }
          return real(url, options);
        };";
    page.run::<Value>(script, []).await;
    page.click("#change-password").await;
    page.says("[role=alert]", "The server cannot be reached").await;
    page.click("#change-password").await;
    page.view("tokens").await;
    page.says("#signed-in-as", "Alice Nowak").await;
    assert_eq!(kept().await["mustChangePassword"], json!(false));
    stage.forgot(&[PASSWORD, NEW_PASSWORD]).await;
    let told: Value = stage.server.call(Credential::Password(USER, NEW_PASSWORD), "GET", "/user", None).await.1;
    assert_eq!(told["username"], USER);
}
