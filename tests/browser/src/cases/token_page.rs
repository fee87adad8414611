//! A token's page, and what the list says of tokens before they end.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Case, case};
use crate::server::{ADMIN, Credential, PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a token is renamed and described, and nothing is typed twice", renamed),
    case!("a token is opened, described and revoked without a mouse", by_keyboard),
    case!("a revoked token is deleted for ever with the password", deleted),
    case!("a token's page tells its history and its last use", history),
    case!("tokens without a name are told apart by their ids", unnamed),
    case!("tokens are marked before they end, and when they live too long", marked),
    case!("tokens are sorted by end and by name", sorted),
    case!("the chart of months says months", months),
    case!("an administrator opens the page of somebody's token", of_another),
];

/// What the server lists of a user's tokens.
async fn listed(stage: &Stage<'_>) -> Vec<Value> {
    let (_, list) = stage.server.call(Credential::Password(USER, PASSWORD), "GET", "/user/tokens", None).await;
    list["tokens"].as_array().unwrap().clone()
}

/// The names in the list, from the top.
async fn names(stage: &Stage<'_>) -> Vec<String> {
    stage.page.settled().await;
    stage
        .page
        .run("return [...document.querySelectorAll('#token-list tbody th a')].map((link) => link.innerText)", [])
        .await
}

async fn renamed(stage: &Stage<'_>) {
    let page = &stage.page;
    let body = json!({ "name": "laptop", "customMetadata": { "colour": 7 } });
    let owner = Credential::Password(USER, PASSWORD);
    stage.server.call(owner, "POST", "/user/tokens/named", Some(body)).await;
    stage.server.mint(USER, "taken", &json!([])).await;
    stage.sign_in(USER).await;
    page.click_label("#token-list", "laptop").await;
    page.view("token").await;
    page.click("#edit-token").await;
    page.write("#edit-name", "taken").await;
    page.write("#edit-description", "of the file server").await;
    page.write("dialog input[type=password]", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.says("#edit-name-error", "There is another one of that name").await;
    assert_eq!(page.value("dialog input[type=password]").await, PASSWORD);
    assert_eq!(page.value("#edit-description").await, "of the file server");
    page.write("#edit-name", "notebook").await;
    page.keys(Key::Enter).await;
    page.says("h1", "notebook").await;
    page.says("#token", "of the file server").await;
    let (_, token) = stage.server.call(owner, "GET", "/user/tokens/named/name/notebook", None).await;
    assert_eq!(token["metadata"]["custom"], json!({ "colour": 7, "description": "of the file server" }));
    page.click("#token-back").await;
    page.says("#token-list", "of the file server").await;
    stage.forgot(&[PASSWORD]).await;
}

async fn by_keyboard(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "laptop", &json!([])).await;
    stage.sign_in(USER).await;
    page.tab_to("#token-list th a").await;
    page.keys(Key::Enter).await;
    page.view("token").await;
    page.settled().await;
    page.tab_to("#edit-token").await;
    page.keys(Key::Enter).await;
    page.tab_to("#edit-description").await;
    page.keys("of the file server").await;
    page.tab_to("dialog input[type=password]").await;
    page.keys(PASSWORD).await;
    page.keys(Key::Enter).await;
    page.says("#token", "of the file server").await;
    page.tab_to("#token [data-action=revoke]").await;
    page.keys(Key::Enter).await;
    page.tab_to("dialog button[type=submit]").await;
    page.keys(Key::Enter).await;
    page.labelled("#token", "Restore laptop").await;
    assert!(!stage.server.accepts(&token).await);
}

async fn deleted(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "seen", &json!([])).await;
    stage.sign_in(USER).await;
    page.click_label("#token-list", "Revoke seen").await;
    page.click("dialog button[type=submit]").await;
    page.click_label("#token-list", "Delete seen").await;
    page.write("dialog input", "not-the-password").await;
    page.keys(Key::Enter).await;
    page.says("dialog [role=alert]", "Wrong user name or password").await;
    page.write("dialog input", PASSWORD).await;
    page.keys(Key::Enter).await;
    page.says("#token-list", "No tokens yet").await;
    assert!(!stage.server.accepts(&token).await);
    assert_eq!(listed(stage).await, Vec::<Value>::new());
}

async fn history(stage: &Stage<'_>) {
    let page = &stage.page;
    let token = stage.server.mint(USER, "robot", &json!([])).await;
    assert!(stage.server.accepts(&token).await);
    stage.sign_in(USER).await;
    page.click_label("#token-list", "robot").await;
    page.says("#token-history", "Minted").await;
    page.says("#token-history", "Its owner").await;
    page.says("#token-history", "127.0.0.0/24").await;
    page.click_label("#token", "Revoke robot").await;
    page.click("dialog button[type=submit]").await;
    page.says("#token-history", "Revoked").await;
    page.labelled("#token", "Restore robot").await;
    // Uses are written in batches.
    let told = "return !document.getElementById('token').innerText.includes('Never')";
    page.click("#token-back").await;
    page.click_label("#token-list", "robot").await;
    page.becomes("the last use is told", told).await;
}

async fn unnamed(stage: &Stage<'_>) {
    let page = &stage.page;
    for _ in 0..2 {
        let made = stage.server.call(Credential::Password(USER, PASSWORD), "POST", "/user/client_tokens", None).await;
        assert_eq!(made.0, 200, "{}", made.1);
    }
    let ids: Vec<_> = listed(stage).await.iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect();
    stage.sign_in(USER).await;
    for id in &ids {
        page.labelled("#token-list", &format!("Rotate Unnamed {}…", &id[..14])).await;
    }
    let spoken = "const names = [...document.querySelectorAll('#token-list tbody button')].map((one) => one.ariaLabel);
        return names.length === 4 && new Set(names).size === 4;";
    page.becomes("no two buttons are called the same", spoken).await;
    let name = format!("Unnamed {}…", &ids[0][..14]);
    page.click_label("#token-list", &format!("Revoke {name}")).await;
    page.says("dialog h2", &name).await;
}

async fn marked(stage: &Stage<'_>) {
    let page = &stage.page;
    let now: u64 = page.run("return Math.floor(Date.now() / 1000)", []).await;
    for (name, life) in [("one", 3_600), ("two", 3 * 86_400), ("three", 20 * 86_400), ("four", 400 * 86_400)] {
        stage.server.mint(USER, name, &json!([{ "type": "time", "validUntil": now + life }])).await;
    }
    stage.server.mint(USER, "endless", &json!([])).await;
    stage.sign_in(USER).await;
    let badges = "return document.querySelectorAll('#token-list td.moment .badge').length === 2";
    page.becomes("what was made to live a short while ends as it was meant to", badges).await;
    // As the list says when they have lived for 100 days.
    let script = "const real = window.fetch;
        window.fetch = async (...asked) => {
          const answer = await real(...asked);
          const text = (await answer.text()).replace(/\"created\":(\\d+)/g, (_, made) => `\"created\":${made - 8640000}`);
          return new Response(text, { status: answer.status, headers: answer.headers });
        };";
    page.run::<Value>(script, []).await;
    page.set("#token-state", "active").await;
    for (name, mark) in [
        ("one", "Within a day"),
        ("two", "Within 7 days"),
        ("three", "Within 30 days"),
        ("four", "Long life"),
        ("endless", "No end"),
    ] {
        let script = format!(
            "return [...document.querySelectorAll('#token-list tr')].some((row) =>
               row.querySelector('th a')?.innerText === '{name}' && row.querySelector('td .badge')?.innerText === '{mark}')"
        );
        page.becomes(&format!("{name} is marked {mark:?}"), &script).await;
    }
    page.set("#token-state", "soon").await;
    assert_eq!(names(stage).await, ["three", "two", "one"]);
    page.set("#token-state", "overlong").await;
    assert_eq!(names(stage).await, ["endless", "four"]);
}

async fn sorted(stage: &Stage<'_>) {
    let page = &stage.page;
    let now: u64 = page.run("return Math.floor(Date.now() / 1000)", []).await;
    for (name, life) in [("beta", 7_200), ("alpha", 3_600), ("Gamma", 9_000)] {
        stage.server.mint(USER, name, &json!([{ "type": "time", "validUntil": now + life }])).await;
    }
    stage.server.mint(USER, "endless", &json!([])).await;
    stage.sign_in(USER).await;
    assert_eq!(names(stage).await, ["endless", "Gamma", "alpha", "beta"]);
    page.set("#token-order", "end").await;
    assert_eq!(names(stage).await, ["alpha", "beta", "Gamma", "endless"]);
    page.set("#token-order", "name").await;
    assert_eq!(names(stage).await, ["alpha", "beta", "endless", "Gamma"]);
}

async fn months(stage: &Stage<'_>) {
    let page = &stage.page;
    let now: u64 = page.run("return Math.floor(Date.now() / 1000)", []).await;
    // So many months that numbers would touch.
    for (name, days) in [("near", 20), ("far", 1_700)] {
        stage.server.mint(USER, name, &json!([{ "type": "time", "validUntil": now + days * 86_400 }])).await;
    }
    stage.sign_in(USER).await;
    let told = "return document.querySelector('#chart-expiry svg')?.textContent.includes('Up to 1 a month') ?? false";
    page.becomes("the highest bar is told by the month", told).await;
}

async fn of_another(stage: &Stage<'_>) {
    let page = &stage.page;
    stage.server.mint(USER, "robot", &json!([])).await;
    let (_, user) = stage.server.call(Credential::Password(USER, PASSWORD), "GET", "/user", None).await;
    let id = listed(stage).await[0]["id"].as_str().unwrap().to_owned();
    stage.sign_in(ADMIN).await;
    page.visit("/audit").await;
    page.click(&format!("#audit-list a[href$='{id}']")).await;
    page.view("token").await;
    page.says("h1", "robot").await;
    page.says("#token-history", "Minted").await;
    page.visit(&format!("/tokens/{id}")).await;
    page.says("#token", "No such token").await;
    page.visit(&format!("/users/{}/tokens", user["userId"].as_str().unwrap())).await;
    page.click_label("#token-list", "robot").await;
    page.says("h1", "robot").await;
}
