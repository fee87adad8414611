//! What was acknowledged is there, whatever happens to the process; and what is asked of it at once does not burst it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Certificate, Client};
use tokio::sync::Notify;

use crate::support::{PASSWORD, Program};

const MINTS: usize = 2_000;
/// Mints that must be acknowledged before the process is killed in the middle of the others.
const BEFORE_THE_KILL: usize = 500;

fn client(program: &Program) -> Client {
    let certificate = std::fs::read(program.folder.path().join("certs/cert.pem")).unwrap();
    let certificate = Certificate::from_pem(&certificate).unwrap();
    Client::builder().tls_certs_only([certificate]).no_proxy().http1_only().build().unwrap()
}

fn url(program: &Program, path: &str) -> String {
    format!("https://localhost:{}/api/v3/onezone{path}", program.port)
}

async fn mint(client: &Client, url: &str) -> Option<String> {
    let answer = client.post(url).basic_auth("admin", Some(PASSWORD)).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    let body: serde_json::Value = answer.json().await.ok()?;
    Some(body["token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_acknowledged_before_a_kill_verifies_and_is_listed_after_it() {
    crate::support::install_crypto();
    let program = Program::start();
    let (client_before, mints) = (client(&program), url(&program, "/user/client_tokens"));
    assert!(mint(&client_before, &mints).await.is_some(), "the password is remembered from here on");
    let (acknowledged, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let tasks: Vec<_> = (0..MINTS)
        .map(|_| {
            let (client, mints) = (client_before.clone(), mints.clone());
            let (acknowledged, enough) = (Arc::clone(&acknowledged), Arc::clone(&enough));
            tokio::spawn(async move {
                let token = mint(&client, &mints).await;
                if token.is_some() && acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE_THE_KILL {
                    enough.notify_one();
                }
                token
            })
        })
        .collect();
    enough.notified().await;
    let folder = program.kill();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.extend(task.await.unwrap());
    }
    assert!((BEFORE_THE_KILL..MINTS).contains(&tokens.len()), "{} were acknowledged", tokens.len());

    let program = Program::start_in(folder, &[]);
    let client = client(&program);
    let list =
        client.get(url(&program, "/user/client_tokens")).basic_auth("admin", Some(PASSWORD)).send().await.unwrap();
    let listed: serde_json::Value = list.json().await.unwrap();
    let listed: std::collections::HashSet<_> =
        listed["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned()).collect();
    for token in &tokens {
        assert!(listed.contains(token), "an acknowledged token is not listed");
        let answer = client.get(url(&program, "/user")).header("x-auth-token", token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "an acknowledged token does not verify");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_logins_takes_no_more_memory_than_the_pool_has() {
    /// What one hash works in, and what the rest of the process and 400 connections may take.
    const HASH_KIB: u64 = 19_456;
    const REST_KIB: u64 = 150_000;
    crate::support::install_crypto();
    let program = Program::start();
    let (client, user) = (client(&program), url(&program, "/user"));
    let attempts: Vec<_> = (0..400)
        .map(|number| {
            let attempt = client.get(&user).basic_auth(format!("user{number}"), Some("wrong-password"));
            tokio::spawn(attempt.send())
        })
        .collect();
    for attempt in attempts {
        let status = attempt.await.unwrap().unwrap().status().as_u16();
        assert!(matches!(status, 401 | 429 | 503), "{status}");
    }
    let threads = std::thread::available_parallelism().unwrap().get() as u64;
    let peak = program.peak_memory_kib();
    assert!(peak < threads * HASH_KIB + REST_KIB, "{peak} KiB with {threads} threads");
}

/// A server whose files may not grow beyond a bound, as on a disk that is full. What the limit sends besides is ignored.
fn on_a_full_disk() -> Program {
    Program::start_by("ulimit -f 3000; trap '' XFSZ; exec \"$@\"", &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_mints_and_loses_nothing() {
    crate::support::install_crypto();
    let program = on_a_full_disk();
    let (before, mints) = (client(&program), url(&program, "/user/client_tokens"));
    let (mut tokens, mut refused) = (Vec::new(), None);
    while refused.is_none() {
        let attempts = (0..64).map(|_| before.post(&mints).basic_auth("admin", Some(PASSWORD)).send());
        for answer in futures_util::future::join_all(attempts).await {
            let answer = answer.unwrap();
            if answer.status() == 200 {
                tokens.push(answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned());
            } else {
                refused = Some(answer);
            }
        }
        assert!(tokens.len() < 100_000, "the disk did not fill up");
    }
    let answer = refused.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    let body = answer.text().await.unwrap();
    assert_eq!(body, r#"{"error":"The server cannot reach its data now; try again in a moment"}"#);
    let verify = |client: Client, url: String, token: String| async move {
        client.get(url).header("x-auth-token", token).send().await.unwrap().status().as_u16()
    };
    let last = tokens.last().unwrap().clone();
    let ready = format!("https://localhost:{}/readyz", program.port);
    let not_ready = async { while before.get(&ready).send().await.unwrap().status() != 503 {} };
    // The last free page may still be written.
    tokio::time::timeout(Duration::from_mins(1), not_ready).await.expect("nothing can be minted");
    assert_eq!(verify(before, url(&program, "/user"), last).await, 200, "verification goes on");

    let program = Program::start_in(program.kill(), &[]);
    let after = client(&program);
    for token in tokens {
        assert_eq!(verify(after.clone(), url(&program, "/user"), token).await, 200, "an acknowledged token is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_our_own_fault_and_stays_inside() {
    crate::support::install_crypto();
    let program = Program::start();
    let (client, mints) = (client(&program), url(&program, "/user/client_tokens"));
    mint(&client, &mints).await.unwrap();
    let database = rusqlite::Connection::open(program.folder.path().join("data/zonemint.db")).unwrap();
    assert_eq!(database.execute("UPDATE tokens SET caveats = 'nonsense'", []).unwrap(), 1);
    let list = || client.get(&mints).basic_auth("admin", Some(PASSWORD)).send();
    let answer = list().await.unwrap();
    assert_eq!(answer.status(), 500);
    let body = answer.text().await.unwrap();
    assert_eq!(body, r#"{"error":"The server has encountered an error while processing this request"}"#);
    database.execute("DELETE FROM tokens", []).unwrap();
    assert_eq!(list().await.unwrap().status(), 200, "the server goes on");
    let (_, code, folder) = program.stop();
    assert_eq!(code, Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("the store holds a token that cannot be read"), "{log}");
}
