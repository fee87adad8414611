//! Every view as it looks: by day, by night and on a phone. A picture of each, and nothing in it that keeps somebody out.
//!
//! Where the next thing goes: a view is a `show` in the walk that comes by it.

use serde_json::{Value, json};

use super::{Case, case};
use crate::axe;
use crate::page::Screen;
use crate::server::{ADMIN, Credential, PASSWORD, USER};
use crate::stage::Stage;
use crate::wait::until;

pub const CASES: &[Case] = &[
    case!("a barrier, a page that is too wide and a text that is not filled in would be found", findings),
    case!("what a user sees has no barriers, by day, by night and on a phone", user_views),
    case!("what an administrator sees has no barriers, by day, by night and on a phone", administrator_views),
    case!("what anybody sees has no barriers, by day, by night and on a phone", open_views),
    case!("the manual has no barriers", manual),
];

const DAY: Screen = Screen { width: 1280, height: 900, scheme: "light", is_phone: false };
const SCREENS: [(&str, Screen); 4] = [
    ("light", DAY),
    ("dark", Screen { scheme: "dark", ..DAY }),
    ("phone", Screen { width: 390, height: 844, is_phone: true, ..DAY }),
    ("phone-dark", Screen { width: 390, height: 844, is_phone: true, scheme: "dark" }),
];

/// Widths of windows at which nothing may leave its place either: small ones, and around those where the layout changes.
const BETWEEN: [u32; 6] = [320, 600, 800, 980, 1100, 1220];

/// A walk through views, and what was found on the way.
struct Walk<'a> {
    stage: &'a Stage<'a>,
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(stage: &'a Stage<'a>) -> Self {
        Self { stage, found: Vec::new() }
    }

    /// Looks at the page on every screen.
    async fn show(&mut self, view: &str) {
        self.stage.page.settled().await;
        for (screen, size) in SCREENS {
            self.stage.page.set_screen(size).await;
            self.look(&format!("{view}-{screen}")).await;
        }
        for width in BETWEEN {
            self.stage.page.set_screen(Screen { width, ..DAY }).await;
            self.measure(&format!("{view} at {width}")).await;
        }
        self.stage.page.set_screen(DAY).await;
    }

    async fn look(&mut self, name: &str) {
        let page = &self.stage.page;
        // A dialog belongs to the window, and would be drawn amid the whole page.
        let whole = !page.has("dialog").await;
        page.picture(&self.stage.pictures.join(format!("{name}.png")), whole).await;
        self.found.extend(page.complaints().await.into_iter().map(|complaint| format!("{name}: {complaint}")));
        for finding in axe::look(page).await {
            println!("  {name}: {}", finding.text);
            if finding.is_grave {
                self.found.push(format!("{name}: {}", finding.text));
            }
        }
        self.measure(name).await;
    }

    async fn measure(&mut self, name: &str) {
        let wrong: Vec<String> = self.stage.page.run(LOOK, []).await;
        self.found.extend(wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
    }

    fn end(self) {
        assert!(self.found.is_empty(), "\n  {}", self.found.join("\n  "));
    }
}

/// What axe-core does not look for: a page that is wider than the window, and texts that were not filled in. An identifier in a
/// heading becomes as wide as one can be first.
const LOOK: &str = "const wrong = [];
    for (const text of document.querySelectorAll('.view-head .lead')) {
      if (text.children.length === 0) {
        text.textContent = text.textContent.replace(/[0-9a-f]{32}/g, 'd'.repeat(32));
      }
    }
    const { scrollWidth } = document.scrollingElement;
    if (scrollWidth > innerWidth) {
      const beyond = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth);
      const names = beyond.slice(0, 4).map((one) => `${one.tagName} “${one.textContent.slice(0, 30)}”`);
      wrong.push(`the page is ${scrollWidth} pixels wide, in a window of ${innerWidth}: ${names.join(' ')}`);
    }
    for (const box of document.querySelectorAll('main .rows, main .panel, main .actions, main .toolbar')) {
      const beyond = box.getBoundingClientRect().right - box.parentElement.getBoundingClientRect().right;
      if (box.checkVisibility() && beyond > 1) {
        wrong.push(`${box.tagName}.${box.className} goes ${Math.round(beyond)} pixels beyond its place`);
      }
    }
    for (const dialog of document.querySelectorAll('dialog')) {
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) {
        wrong.push('the dialog goes beyond the window');
      }
    }
    // The manual tells of such things.
    const text = location.pathname === '/' ? document.body.innerText : '';
    for (const sign of [/\\{[a-z]+\\}/i, /\\bundefined\\b/, /\\bnull\\b/, /\\bNaN\\b/, /Invalid Date/, /\\[object /]) {
      if (sign.test(text)) {
        wrong.push(`${sign.exec(text)[0]} is to be read`);
      }
    }
    return wrong;";

async fn findings(stage: &Stage<'_>) {
    stage.open().await;
    let mut walk = Walk::new(stage);
    let script = "const image = document.createElement('img');
        image.src = '/console/mark.svg';
        image.width = 3000;
        document.querySelector('main').append(image, '{count} tokens');";
    stage.page.run::<Value>(script, []).await;
    walk.look("findings").await;
    for sign in ["\"image-alt\"", "pixels wide", "{count} is to be read"] {
        assert!(walk.found.iter().any(|finding| finding.contains(sign)), "{sign}: {:#?}", walk.found);
    }
}

async fn open_views(stage: &Stage<'_>) {
    let page = &stage.page;
    let mut walk = Walk::new(stage);
    let caveats = json!([{ "type": "interface", "interface": "rest" }, { "type": "ip", "whitelist": ["127.0.0.0/8"] }]);
    let token = stage.server.mint(USER, "given away", &caveats).await;
    stage.open().await;
    walk.show("sign-in").await;
    page.click("#sign-in").await;
    walk.show("sign-in-missing").await;
    page.write("#username", USER).await;
    page.write("#password", "not-the-password").await;
    page.click("#sign-in").await;
    page.element("[role=alert]").await;
    walk.show("sign-in-wrong").await;
    stage.page.goto("about:blank").await;
    page.goto(&format!("{}/#/reset/0123456789abcdef", stage.server.origin)).await;
    page.click("#reset-password").await;
    walk.show("reset").await;
    stage.open().await;
    page.visit("/inspect").await;
    walk.show("inspect").await;
    page.set("#token-input", "no token").await;
    walk.show("inspect-unreadable").await;
    page.set("#token-input", &token).await;
    page.click("#ask-server").await;
    page.element("[data-notice=good]").await;
    walk.show("inspect-read").await;
    page.click("#narrow button[data-limit=ip]").await;
    page.write(".limit[data-limit=ip] textarea", "127.0.0.1").await;
    page.click("#narrow-submit").await;
    page.element("#narrowed #token-text").await;
    walk.show("inspect-narrowed").await;
    walk.end();
}

async fn manual(stage: &Stage<'_>) {
    let page = &stage.page;
    let mut walk = Walk::new(stage);
    page.goto(&format!("{}/manual", stage.server.origin)).await;
    walk.show("manual").await;
    let others =
        "return [...document.querySelectorAll('nav a:not([aria-current])')].map((link) => link.getAttribute('href'))";
    for address in page.run::<Vec<String>>(others, []).await {
        page.goto(&format!("{}{address}", stage.server.origin)).await;
        page.set_screen(SCREENS[2].1).await;
        walk.look(&format!("{}-phone", address[1..].replace('/', "-"))).await;
    }
    walk.end();
}

async fn user_views(stage: &Stage<'_>) {
    let page = &stage.page;
    let mut walk = Walk::new(stage);
    stage.sign_in(USER).await;
    walk.show("tokens-none").await;
    make_tokens(stage).await;
    page.visit("/account").await;
    walk.show("account").await;
    let uses_told = async || {
        page.visit("/account").await;
        page.visit("/tokens").await;
        page.view("tokens").await;
        let told = page.text("#chart-uses .help").await;
        told.split(' ').next()?.parse().is_ok_and(|uses: u32| uses >= USES).then_some(())
    };
    assert!(until(uses_told).await.is_some(), "uses are counted");
    walk.show("tokens").await;
    page.click_label("#token-list", "Revoke laptop").await;
    walk.show("dialog-revoke").await;
    page.click_label("dialog", "Cancel").await;
    page.click_label("#token-list", "Rotate laptop").await;
    walk.show("dialog-rotate").await;
    page.click_label("dialog", "Cancel").await;
    page.click("#revoke-all").await;
    page.click("dialog button[type=submit]").await;
    walk.show("dialog-revoke-all").await;
    page.click_label("dialog", "Cancel").await;
    page.write("#token-search", "no such token").await;
    page.says("#token-list", "No token has this name and state").await;
    walk.show("tokens-not-found").await;
    page.visit("/account").await;
    page.visit("/tokens").await;
    page.click_label("#token-list", "nightly import").await;
    page.says("#token-history", "Minted").await;
    walk.show("token").await;
    page.click("#edit-token").await;
    walk.show("dialog-edit").await;
    page.click_label("dialog", "Cancel").await;
    page.visit("/tokens/new").await;
    walk.show("create").await;
    page.write("#token-name", "daily import").await;
    let kinds: Vec<String> = page
        .run("return [...document.querySelectorAll('button[data-limit]')].map((one) => one.dataset.limit)", [])
        .await;
    for kind in &kinds {
        page.click(&format!("button[data-limit='{kind}']")).await;
    }
    page.write(".limit[data-limit=ip] textarea", "127.0.0.1").await;
    page.click("#create").await;
    walk.show("create-all-limits").await;
    page.visit("/account").await;
    page.visit("/tokens/new").await;
    page.write("#token-name", "weekly import").await;
    page.set("#token-ends", "never").await;
    page.click("button[data-limit=interface]").await;
    page.write("#create-form input[type=password]", PASSWORD).await;
    walk.show("create-never").await;
    page.click("#create").await;
    page.view("made").await;
    walk.show("made").await;
    page.visit("/keys").await;
    walk.show("forbidden").await;
    page.set_screen(SCREENS[2].1).await;
    page.click("#menu-button").await;
    walk.look("menu-phone").await;
    page.set_screen(DAY).await;
    page.click("#sign-out").await;
    walk.show("signed-out").await;
    walk.end();
}

/// How often one of the tokens is used.
const USES: u32 = 3;

/// Tokens in all states, of all lengths, and some use of them.
async fn make_tokens(stage: &Stage<'_>) {
    let server = &stage.server;
    let long = "a name as long as people choose when they explain where a token is used and by whom and since when";
    let now: u64 = stage.page.run("return Math.floor(Date.now() / 1000)", []).await;
    let until = |days: u64| json!({ "type": "time", "validUntil": now + days * 86400 });
    let rest = json!({ "type": "interface", "interface": "rest" });
    let places = json!({ "type": "ip", "whitelist": ["127.0.0.0/8", "2001:db8::/32", "192.0.2.7"] });
    for (name, caveats) in [
        ("laptop", json!([])),
        ("nightly import", json!([until(30), rest, places])),
        (long, json!([until(3), { "type": "service", "whitelist": ["opw-*"] }])),
        ("notebook", json!([until(90)])),
        ("dashboards", json!([until(60), rest])),
        ("old robot", json!([until(365)])),
    ] {
        server.mint(USER, name, &Value::clone(&caveats)).await;
    }
    let used = server.mint(USER, "used", &json!([])).await;
    for _ in 0..USES {
        assert!(server.accepts(&used).await);
    }
    let credential = Credential::Password(USER, PASSWORD);
    let (_, listed) = server.call(credential, "GET", "/user/tokens", None).await;
    let robot = listed["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "old robot").unwrap();
    let (status, answer) =
        server.call(credential, "POST", "/user/tokens/revoke", Some(json!({ "ids": [robot["id"]] }))).await;
    assert_eq!(status, 200, "{answer}");
}

async fn administrator_views(stage: &Stage<'_>) {
    let page = &stage.page;
    let mut walk = Walk::new(stage);
    stage.sign_in(ADMIN).await;
    page.visit("/users").await;
    walk.show("users").await;
    page.click("#new-user").await;
    page.click("dialog button[type=submit]").await;
    walk.show("dialog-new-user").await;
    page.click_label("dialog", "Cancel").await;
    page.click_label("#user-list", "Alice Nowak").await;
    page.click("#make-reset-link").await;
    walk.show("dialog-reset").await;
    page.click("dialog button[type=submit]").await;
    page.element("#reset-link").await;
    walk.show("user").await;
    page.visit("/users").await;
    page.click_label("#user-list", "Block Alice Nowak").await;
    walk.show("dialog-block").await;
    page.click("dialog button[type=submit]").await;
    page.labelled("#user-list", "Unblock Alice Nowak").await;
    page.click_label("#user-list", "Delete Alice Nowak").await;
    walk.show("dialog-delete").await;
    page.click_label("dialog", "Cancel").await;
    page.visit("/services").await;
    walk.show("services-none").await;
    let (status, _) = stage
        .server
        .call(Credential::Password(ADMIN, PASSWORD), "POST", "/providers", Some(json!({ "name": "portal" })))
        .await;
    assert_eq!(status, 201);
    page.visit("/account").await;
    page.visit("/services").await;
    walk.show("services").await;
    page.click_label("#service-list", "Tokens").await;
    walk.show("tokens-of-service").await;
    page.visit("/keys").await;
    walk.show("keys").await;
    page.click("#rotate-key").await;
    walk.show("dialog-rotate-key").await;
    page.click("dialog button[type=submit]").await;
    page.click_label("#key-list", "Retire").await;
    walk.show("dialog-retire").await;
    page.click_label("dialog", "Cancel").await;
    page.visit("/audit").await;
    walk.show("audit").await;
    page.set("#audit-kind", "token.purge").await;
    page.click("#audit-submit").await;
    page.says("#audit-list", "No rows").await;
    walk.show("audit-none").await;
    walk.end();
}
