//! Chromium, by its driver: one driver, and for each case a browser with a profile of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{CapabilitiesHelper as _, ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver};
use tokio::process::Child;

use crate::page::Page;
use crate::processes::{bound_to_this, start};

pub struct Browser {
    driver: Child,
    address: String,
    /// Hash of the key that it is to believe in.
    key_hash: String,
    opened: AtomicUsize,
    /// Profiles, and whatever else the programs write.
    folder: TempDir,
}

impl Browser {
    /// Starts the driver. `key_hash` is that of the only key, beside those of authorities, that makes a connection good.
    pub async fn start(key_hash: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = bound_to_this(&PathBuf::from("chromedriver"));
        command.arg("--port=0").env("TZ", "UTC");
        for variable in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, folder.path());
        }
        let (driver, port) = start(command, &folder.path().join("log"), "started successfully on port ").await;
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        Self { driver, address, key_hash, opened: AtomicUsize::new(0), folder }
    }

    /// Ends the driver, and removes what was written.
    pub async fn end(mut self) {
        self.driver.kill().await.unwrap();
        self.folder.close().unwrap();
    }

    /// A new browser, and its one page.
    pub async fn open(&self) -> Page {
        let profile = self.folder.path().join(self.opened.fetch_add(1, Ordering::Relaxed).to_string());
        let mut wished = DesiredCapabilities::chrome();
        for argument in [
            "headless=new".to_owned(),
            // The sandbox is not for root, which containers run as; it opens nothing but our own pages.
            "no-sandbox".to_owned(),
            // Shared memory in containers is small.
            "disable-dev-shm-usage".to_owned(),
            // A browser without its driver ends automatically.
            "remote-debugging-pipe".to_owned(),
            // Nothing but this machine.
            "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1".to_owned(),
            "lang=en".to_owned(),
            "force-prefers-reduced-motion".to_owned(),
            format!("user-data-dir={}", profile.display()),
            format!("ignore-certificate-errors-spki-list={}", self.key_hash),
        ] {
            wished.add_arg(&format!("--{argument}")).unwrap();
        }
        wished.set("goog:loggingPrefs", json!({ "browser": "ALL", "performance": "ALL" })).unwrap();
        let driver = WebDriver::new(&self.address, wished).await.expect("chromium starts");
        Page::new(driver).await
    }
}
