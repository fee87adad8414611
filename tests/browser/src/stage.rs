//! What a case has to itself, and what holds after every case, whatever it was about.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cases::Case;
use crate::page::Page;
use crate::server::{PASSWORD, Program, Server};

/// After this a case hangs. The longest take a minute, and several on a slow machine.
const TIMEOUT: Duration = Duration::from_mins(15);

tokio::task_local! {
    /// What failed in the case that runs.
    static FAILURE: RefCell<Option<String>>;
}

pub struct Stage<'a> {
    pub program: &'a Program,
    pub server: Server,
    pub page: Page,
    /// Where pictures go.
    pub pictures: &'a Path,
}

impl Stage<'_> {
    /// Signs a user in.
    pub async fn sign_in(&self, name: &str) {
        self.page.sign_in(&self.server.origin, name, PASSWORD).await;
    }

    /// Opens the console.
    pub async fn open(&self) {
        self.page.goto(&format!("{}/", self.server.origin)).await;
        self.page.view("sign-in").await;
    }

    /// Nothing that the browser keeps, and nothing in the page, knows the session.
    pub async fn forgot(&self, secrets: &[&str]) {
        self.keeps_nothing().await;
        let page: String = self
            .page
            .run("return document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((one) => one.value)", [])
            .await;
        for secret in secrets {
            assert!(!page.contains(secret), "the page still has a secret");
        }
    }

    /// Storage, cookies and caches are empty, but for the choice of colours.
    pub async fn keeps_nothing(&self) {
        let script = "const done = arguments[arguments.length - 1];
            Promise.all([indexedDB.databases(), caches.keys()]).then(([databases, kept]) => done([
              Object.keys(localStorage).filter((key) => key !== 'theme'), Object.keys(sessionStorage),
              document.cookie, databases, kept, window.name, history.state,
            ]));";
        let kept: Value = self.page.run_long(script, []).await;
        assert_eq!(kept, json!([[], [], "", [], [], "", null]), "the browser keeps something");
    }

    /// What must hold after every case.
    async fn check(&self) {
        let complaints = self.page.complaints().await;
        assert!(complaints.is_empty(), "the browser complained: {complaints:#?}");
        let is_console: bool =
            self.page.run("return location.origin === arguments[0]", [json!(self.server.origin)]).await;
        if is_console {
            self.keeps_nothing().await;
        }
    }
}

/// Plays a case; true when all of it held. What did not is printed, with a picture of how the page looked then.
pub async fn play(case: Case, program: &Program, browser: &Browser, pictures: &Path) -> bool {
    let began = Instant::now();
    let server = Server::start(program).await;
    let stage = Stage { program, server, page: browser.open().await, pictures };
    let whole = async {
        (case.play)(&stage).await;
        stage.check().await;
    };
    let ended = FAILURE.scope(RefCell::default(), async {
        let ended = tokio::time::timeout(TIMEOUT, AssertUnwindSafe(whole).catch_unwind()).await;
        match ended {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(FAILURE.with(RefCell::take).unwrap_or_default()),
            Err(_) => Some(format!("it did not end in {TIMEOUT:?}")),
        }
    });
    let failure = ended.await;
    let seconds = began.elapsed().as_secs_f64();
    match &failure {
        None => println!("{seconds:5.1} s  {}", case.name),
        Some(failure) => {
            let name: String =
                case.name.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
            let picture = pictures.join(format!("failed-{name}.png"));
            let taken = AssertUnwindSafe(stage.page.picture(&picture, false)).catch_unwind().await;
            let shown = if taken.is_ok() { picture.display().to_string() } else { "none could be taken".to_owned() };
            println!("{seconds:5.1} s  FAILED: {}\n  {failure}\n  picture: {shown}", case.name);
        }
    }
    let Stage { server, page, .. } = stage;
    page.quit().await;
    server.end().await;
    failure.is_none()
}

/// Keeps what a panic says for the case in which it happens.
pub fn name_cases_in_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or("it panicked");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let kept =
            FAILURE.try_with(|failure| failure.borrow_mut().get_or_insert(format!("{text}\n  at {place}")).len());
        if kept.is_err() {
            usual(panic);
        }
    }));
}
