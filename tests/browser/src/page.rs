//! The page in a browser, as a person has it: what is to be seen, pressed, typed and read. Everything that may take time is
//! waited for; what does not come fails, and names what was looked for.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use thirtyfour::{Key, TypingData};

use crate::wait::until;

/// Presses of the tab key after which something counts as out of a keyboard's reach.
const TABS: usize = 80;

/// A picture's width and height, and how colours and pointers are.
#[derive(Clone, Copy)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub scheme: &'static str,
    pub is_phone: bool,
}

pub struct Page {
    driver: WebDriver,
}

impl Page {
    pub async fn new(driver: WebDriver) -> Self {
        let page = Self { driver };
        page.set_screen(Screen { width: 1280, height: 900, scheme: "light", is_phone: false }).await;
        page
    }

    /// Ends the browser.
    pub async fn quit(self) {
        self.driver.quit().await.unwrap();
    }

    pub async fn goto(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    /// Signs in at the console, which is opened.
    pub async fn sign_in(&self, origin: &str, name: &str, password: &str) {
        self.goto(&format!("{origin}/")).await;
        self.write("#username", name).await;
        self.write("#password", password).await;
        self.click("#sign-in").await;
        self.view("tokens").await;
        self.settled().await;
    }

    /// Another view of the console, by its address after `#`.
    pub async fn visit(&self, path: &str) {
        self.run::<Value>("location.hash = arguments[0]", [json!(path)]).await;
        self.settled().await;
    }

    /// Waits until the view of this name is shown.
    pub async fn view(&self, name: &str) {
        self.element(&format!("main[data-view={name}] h1")).await;
    }

    /// Waits until nothing is being fetched any more.
    pub async fn settled(&self) {
        self.becomes(
            "the view has all it asked for",
            "return document.querySelector('[aria-busy], .loading') === null",
        )
        .await;
    }

    /// The first element that is to be seen.
    pub async fn element(&self, selector: &str) -> WebElement {
        self.shown(By::Css(selector), selector).await
    }

    /// The button or link in `place` with this label.
    pub async fn labelled(&self, place: &str, label: &str) -> WebElement {
        let script = "const [place, label] = arguments;
            return [...document.querySelectorAll(`${place} :is(a, button, summary)`)]
              .find((one) => one.checkVisibility() && [one.textContent.trim(), one.ariaLabel].includes(label));";
        let arguments = vec![json!(place), json!(label)];
        let found = until(async || self.driver.execute(script, arguments.clone()).await.ok()?.element().ok()).await;
        found.unwrap_or_else(|| panic!("no {label:?} is to be seen in {place}"))
    }

    async fn shown(&self, by: By, name: &str) -> WebElement {
        let found = until(async || {
            for element in self.driver.find_all(by.clone()).await.ok()? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Some(element);
                }
            }
            None
        });
        match found.await {
            Some(element) => element,
            None => panic!("{name} is not to be seen"),
        }
    }

    pub async fn click(&self, selector: &str) {
        self.press(selector, async || self.element(selector).await).await;
    }

    pub async fn click_label(&self, place: &str, label: &str) {
        self.press(label, async || self.labelled(place, label).await).await;
    }

    /// Clicks what `find` gives; again if the page has put another element in its place meanwhile.
    async fn press(&self, name: &str, find: impl AsyncFn() -> WebElement) {
        let done = until(async || match find().await.click().await {
            Err(error) if is_stale(&error) => None,
            result => Some(result),
        });
        match done.await {
            Some(Ok(())) => {}
            Some(Err(error)) => panic!("{name} cannot be clicked: {error}"),
            None => panic!("{name} is replaced each time before it can be clicked"),
        }
    }

    /// Types into a field in place of what is there.
    pub async fn write(&self, selector: &str, text: &str) {
        let field = self.element(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Has a field with a value that is not typed as it is read: a moment, or a long token.
    pub async fn set(&self, selector: &str, value: &str) {
        self.element(selector).await;
        let script = "const [selector, value] = arguments;
            const field = document.querySelector(selector);
            field.value = value;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run::<Value>(script, [json!(selector), json!(value)]).await;
    }

    /// Keys, to whatever has the focus.
    pub async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// A key together with Control.
    pub async fn control(&self, key: char) {
        let chain = self.driver.action_chain().key_down(Key::Control).key_down(key).key_up(key).key_up(Key::Control);
        chain.perform().await.unwrap();
    }

    /// Waits until the browser has so many windows and tabs.
    pub async fn windows(&self, number: usize) {
        let found = until(async || (self.driver.windows().await.ok()?.len() == number).then_some(()));
        assert!(found.await.is_some(), "there are not {number} windows");
    }

    /// Goes on by the tab key until the focus is there.
    pub async fn tab_to(&self, selector: &str) {
        for _ in 0..TABS {
            if self.has_focus(selector).await {
                return;
            }
            self.keys(Key::Tab).await;
        }
        panic!("{selector} is not reached by the tab key");
    }

    pub async fn has_focus(&self, selector: &str) -> bool {
        self.run("return document.activeElement?.matches(arguments[0]) ?? false", [json!(selector)]).await
    }

    /// What is written in an element.
    pub async fn text(&self, selector: &str) -> String {
        let text = until(async || match self.element(selector).await.text().await {
            Err(error) if is_stale(&error) => None,
            result => Some(result.unwrap()),
        });
        text.await.unwrap_or_else(|| panic!("{selector} is replaced each time before it can be read"))
    }

    pub async fn value(&self, selector: &str) -> String {
        self.element(selector).await.prop("value").await.unwrap().unwrap()
    }

    /// Whether there is any such element now, seen or not.
    pub async fn has(&self, selector: &str) -> bool {
        self.run("return document.querySelector(arguments[0]) !== null", [json!(selector)]).await
    }

    /// Waits until a text is to be read in an element.
    pub async fn says(&self, selector: &str, text: &str) {
        let script = "const [selector, text] = arguments;
            return [...document.querySelectorAll(selector)].some((one) => one.innerText.includes(text))";
        let found = until(async || self.run::<bool>(script, [json!(selector), json!(text)]).await.then_some(()));
        if found.await.is_none() {
            let said: String = self.run("return (document.querySelector('dialog') ?? document.querySelector('main') ?? document.body).innerText", []).await;
            panic!("{selector} does not say {text:?}; to be read is: {}", said.replace('\n', " | "));
        }
    }

    /// Waits until a script gives true. What it looks at need not be there yet: a script may give `undefined`, which is null here.
    pub async fn becomes(&self, what: &str, script: &str) {
        let found = until(async || (self.run::<Option<bool>>(script, []).await == Some(true)).then_some(()));
        assert!(found.await.is_some(), "it does not come about that {what}");
    }

    /// Runs a script in the page. It may do what the page's own policy forbids to others.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, arguments: impl Into<Vec<Value>>) -> T {
        match self.driver.execute(script, arguments.into()).await {
            Ok(answer) => answer.convert().unwrap(),
            Err(error) => fail(script, &error),
        }
    }

    /// Likewise, for a script that calls its last argument when it is done.
    pub async fn run_long<T: DeserializeOwned>(&self, script: &str, arguments: impl Into<Vec<Value>>) -> T {
        match self.driver.execute_async(script, arguments.into()).await {
            Ok(answer) => answer.convert().unwrap(),
            Err(error) => fail(script, &error),
        }
    }

    /// What the browser has complained about since it was last asked, but for answers that are errors.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        let told = log.into_iter().filter(|entry| {
            let is_answer = entry.message.contains("Failed to load resource: the server responded with a status of 4");
            !is_answer && !["DEBUG", "INFO"].contains(&entry.level.as_str())
        });
        told.map(|entry| entry.message).collect()
    }

    /// Addresses that were asked for since this was last called.
    pub async fn requests(&self) -> Vec<String> {
        let log = self.driver.get_log("performance").await.unwrap();
        let address = |entry: &str| {
            let event = serde_json::from_str::<Value>(entry).unwrap();
            let sent = event["message"]["method"] == "Network.requestWillBeSent";
            sent.then(|| event["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
        };
        log.iter().filter_map(|entry| address(&entry.message)).filter(|url| !url.starts_with("data:")).collect()
    }

    pub async fn set_screen(&self, screen: Screen) {
        let Screen { width, height, scheme, is_phone } = screen;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        let scheme = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        for (method, parameters) in
            [("Emulation.setDeviceMetricsOverride", size), ("Emulation.setEmulatedMedia", scheme)]
        {
            self.driver.cdp().send_raw(method, parameters).await.unwrap();
        }
        // What watches its own size draws itself anew before the second frame.
        let script = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))";
        self.run_long::<()>(script, []).await;
    }

    /// A picture of the window, or of the whole page, below the window's end too.
    pub async fn picture(&self, file: &Path, whole: bool) {
        self.run::<Value>("scrollTo(0, 0)", []).await;
        let mut wished = json!({ "format": "png" });
        if whole {
            let sizes = self.driver.cdp().send_raw("Page.getLayoutMetrics", ()).await.unwrap();
            let size = &sizes["cssContentSize"];
            wished["captureBeyondViewport"] = json!(true);
            wished["clip"] = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        }
        let taken = self.driver.cdp().send_raw("Page.captureScreenshot", wished).await.unwrap();
        std::fs::write(file, BASE64_STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()).unwrap();
    }
}

/// Whether the page has taken the element away since it was found.
fn is_stale(error: &WebDriverError) -> bool {
    matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_))
}

/// Without what a driver adds, which is of no use to anybody.
fn fail(script: &str, error: &WebDriverError) -> ! {
    let told = error.to_string();
    panic!("{script}: {}", told.split("Stacktrace").next().unwrap().trim_end())
}
