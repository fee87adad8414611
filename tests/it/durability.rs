//! What was acknowledged is there, whatever happens to the process; and what is asked of it at once does not burst it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
