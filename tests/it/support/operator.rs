//! What an operator does: commands next to a running server, and requests to it.

use std::path::Path;
use std::process::Output;

use reqwest::{Certificate, Client, Method};
use serde_json::Value;
use zonemint::clock::Clock;
use zonemint::macaroon::{Encoding, Macaroon, RootSecret};
use zonemint::store::sqlite::{DataFolder, SqliteStore};

use super::{PASSWORD, Program, install_crypto, with_input, zonemint};

/// In the year 2100.
const FAR: u64 = 4_102_444_800;

/// A client of a running program.
pub struct Api {
    client: Client,
    prefix: String,
}

/// The credentials of a request.
#[derive(Clone, Copy)]
pub enum As<'a> {
    Password(&'a str, &'a str),
    Token(&'a str),
}

pub const ADMIN: As<'static> = As::Password("admin", PASSWORD);

impl Api {
    pub fn of(program: &Program) -> Self {
        install_crypto();
        let certificate = std::fs::read(program.folder.path().join("certs/cert.pem")).unwrap();
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(&certificate).unwrap()])
            .no_proxy()
            .build()
            .unwrap();
        Self { client, prefix: format!("https://localhost:{}/api/v3/onezone", program.port) }
    }

    pub async fn send(&self, caller: As<'_>, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.prefix));
        let request = match caller {
            As::Password(name, password) => request.basic_auth(name, Some(password)),
            As::Token(token) => request.header("x-auth-token", token),
        };
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    pub async fn get(&self, caller: As<'_>, path: &str) -> (u16, Value) {
        self.send(caller, "GET", path, None).await
    }

    /// Asks until the answer is the one expected: the server follows the change feed every 250 ms.
    pub async fn get_until(&self, caller: As<'_>, path: &str, expected: u16) {
        let started = std::time::Instant::now();
        while self.get(caller, path).await.0 != expected {
            // The documented limit is a second; a machine that runs all tests at once gets more.
            assert!(started.elapsed().as_secs() < 10, "{expected} was never answered at {path}");
        }
    }
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    zonemint(folder, arguments).output().unwrap()
}

/// Runs a command that must succeed; returns its output.
pub fn done(folder: &Path, arguments: &[&str]) -> String {
    let out = run(folder, arguments);
    assert!(out.status.success(), "{arguments:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

/// Imports the text, passed on standard input.
pub fn import(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let out = with_input(zonemint(folder, arguments), input);
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

/// Creates the store as a first start does, but without an account.
pub fn make_store(folder: &Path) {
    let data = DataFolder::create(&folder.join("data")).unwrap();
    SqliteStore::open(&data.database(), Clock::system()).unwrap();
}

/// Adds a user; creates the store if there is none.
pub fn add_user(folder: &Path, name: &str) {
    if !folder.join("data/zonemint.db").exists() {
        make_store(folder);
    }
    let out = with_input(zonemint(folder, &["user", "add", name, "--password-stdin"]), "some-good-password");
    assert!(out.status.success(), "{out:?}");
}

/// A client token as a Onezone minted it.
pub fn onezone_token(identifier: &str, secret: &str) -> String {
    let mut macaroon = Macaroon::mint(&RootSecret::new(secret.as_bytes()), "onezone", identifier.as_bytes()).unwrap();
    macaroon.narrow(format!("time < {FAR}").as_bytes()).unwrap();
    macaroon.to_text(Encoding::Onezone).unwrap()
}
