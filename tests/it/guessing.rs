//! Whoever guesses passwords is limited before anything is hashed, and takes nothing from others.

use std::net::IpAddr;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tokio::task::JoinHandle;
use zonemint::caller::Caller;
use zonemint::config::Config;
use zonemint::model::{Period, UserName};
use zonemint::store::{Added, Changed, UserChange};
use zonemint::user::{Format, Import, LoginError};

use crate::support::{Answer, As, BOB, PASSWORD, TestServer, default_settings, presented};

/// Where the owner, whoever guesses, and somebody else are.
const HOME: &str = "192.0.2.1";
const ATTACKER: &str = "198.51.100.1";
const AWAY: &str = "203.0.113.1";

/// A server that believes what its client says about where requests come from, and on which a hash takes its time.
async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.password = default_settings().password;
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned()];
        config.login.delays = [1_000, 3_000, 5_000, 10_000].map(Period::from_ms).to_vec();
        change(config);
    })
    .await
}

/// A sign-in from an address.
fn attempt(client: &Client, server: &TestServer, address: &str, name: &str, password: &str) -> RequestBuilder {
    let url = server.url("/api/v3/onezone/user");
    client.get(url).basic_auth(name, Some(password)).header("x-forwarded-for", address)
}

async fn sign_in(server: &TestServer, address: &str, name: &str, password: &str) -> u16 {
    server.send(attempt(&server.new_client(), server, address, name, password)).await.status
}

/// Sends a request, and does not wait for the answer.
fn send(request: RequestBuilder) -> JoinHandle<u16> {
    tokio::spawn(async { Answer::of(request.send().await.unwrap(), &[]).await.status })
}

async fn all(sent: impl IntoIterator<Item = JoinHandle<u16>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for answer in sent {
        statuses.push(answer.await.unwrap());
    }
    statuses
}

/// The answers where four of those that were sent wait for their turn: they get it when all others are answered. Time that passes
/// before would let somebody wait who comes later, and for whom none passes.
async fn all_after_turns(server: &TestServer, sent: impl IntoIterator<Item = JoinHandle<u16>>) -> Vec<u16> {
    let mut sent: FuturesUnordered<_> = sent.into_iter().collect();
    let mut statuses = Vec::new();
    while sent.len() > 4 {
        statuses.push(sent.next().await.unwrap().unwrap());
    }
    server.advance_s(60);
    statuses.extend(all(sent).await);
    statuses
}

/// How many passwords have been hashed.
pub fn hashes(server: &TestServer) -> u64 {
    let mut exposition = zonemint::telemetry::Exposition::default();
    let _ = server.services.accounts.measure(&mut exposition);
    let text = exposition.write(zonemint::telemetry::Form::Text).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("zonemint_password_hash_duration_seconds_count "));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_find_nothing_and_most_are_refused_unhashed() {
    let server = server(|_| {}).await;
    let before = hashes(&server);
    let connections = [server.new_client(), server.new_client()];
    let guess =
        |number: usize, password: &str| send(attempt(&connections[number % 2], &server, ATTACKER, "admin", password));
    let mut sent: Vec<_> = (0..199).map(|number| guess(number, &format!("wrong-{number}"))).collect();
    server.clock.until_awaited(4).await;
    sent.push(guess(199, PASSWORD));
    // One has its turn at once, and four wait for theirs.
    let statuses = all_after_turns(&server, sent).await;
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 195);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
    assert_eq!(hashes(&server) - before, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_signs_in_where_the_account_is_known_while_others_guess() {
    for remember in ["60s", "0s"] {
        let server = server(|config| {
            config.login.remember = remember.parse().unwrap();
            config.password.threads = 1;
            config.password.queue = 8;
        })
        .await;
        assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200);
        let connections: Vec<_> = (0..10).map(|_| server.new_client()).collect();
        let guesses: Vec<_> = (0..1_000)
            .map(|number| {
                let (address, password) = (format!("198.51.100.{}", number % 250), format!("wrong-{number}"));
                // Half of them at other accounts, so that hashing has more to do than it takes.
                let name = if number % 2 == 0 { "admin".to_owned() } else { format!("user{number}") };
                send(attempt(&connections[number % 10], &server, &address, &name, &password))
            })
            .collect();
        server.clock.until_awaited(4).await;
        for _ in 0..5 {
            assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200);
        }
        assert_eq!(sign_in(&server, AWAY, "admin", PASSWORD).await, 429, "elsewhere it takes its turn");
        assert!(all_after_turns(&server, guesses).await.iter().all(|status| [401, 429, 503].contains(status)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_first_logins_at_once_take_one_hash() {
    let server = server(|_| {}).await;
    let before = hashes(&server);
    let connections = [server.new_client(), server.new_client()];
    let sent: Vec<_> =
        (0..100).map(|number| send(attempt(&connections[number % 2], &server, HOME, "admin", PASSWORD))).collect();
    assert_eq!(all(sent).await, [200; 100]);
    assert_eq!(hashes(&server) - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_users_at_one_address_sign_in_at_once() {
    let server = server(|_| {}).await;
    for number in 0..50 {
        server.add_user(&format!("user{number}"), "a-password-of-theirs").await;
    }
    let client = server.new_client();
    let user = |number: usize| send(attempt(&client, &server, HOME, &format!("user{number}"), "a-password-of-theirs"));
    assert_eq!(all((0..50).map(user)).await, [200; 50]);
}

#[tokio::test]
async fn a_name_that_nobody_has_takes_the_same_turns() {
    let server = server(|_| {}).await;
    server.add_bob().await;
    for name in ["bob", "nobody", "no name at all!"] {
        assert_eq!(sign_in(&server, ATTACKER, name, "wrong-1").await, 401);
        let second = send(attempt(&server.new_client(), &server, ATTACKER, name, "wrong-2"));
        server.clock.until_awaited(1).await;
        let third = send(attempt(&server.new_client(), &server, ATTACKER, name, "wrong-3"));
        server.clock.until_awaited(2).await;
        server.advance_s(1);
        assert_eq!(second.await.unwrap(), 401, "{name}");
        assert!(!third.is_finished());
        server.advance_s(3);
        assert_eq!(third.await.unwrap(), 401, "{name}");
    }
}

#[tokio::test]
async fn a_password_that_is_remembered_at_one_address_cannot_be_found_at_another() {
    let server = server(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 3;
    })
    .await;
    assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200);
    let before = hashes(&server);
    for number in 0..3 {
        assert_eq!(sign_in(&server, ATTACKER, "admin", &format!("wrong-{number}")).await, 401);
    }
    assert_eq!(sign_in(&server, ATTACKER, "admin", PASSWORD).await, 429);
    assert_eq!(hashes(&server) - before, 3);
    assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200);
    assert_eq!(hashes(&server) - before, 3, "it is remembered there");
}

#[tokio::test]
async fn confirming_a_password_goes_through_the_same_gate() {
    let server = server(|_| {}).await;
    server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let confirm = |password: &str| {
        let body = json!({"oldPassword": password, "newPassword": "another-password"});
        let request = As::Token(&token).sign(server.request("PATCH", "/user/password")).json(&body);
        send(request.header("x-forwarded-for", ATTACKER))
    };
    let sent: Vec<_> = (0..20).map(|number| confirm(&format!("wrong-{number}"))).collect();
    server.clock.until_awaited(4).await;
    assert_eq!(confirm("bobs-own-password").await.unwrap(), 429);
    let statuses = all_after_turns(&server, sent).await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 15);
}

#[tokio::test]
async fn equal_confirmations_at_once_take_one_hash() {
    let server = server(|_| {}).await;
    server.add_bob().await;
    let accounts = &server.services.accounts;
    let bob = accounts.find(&UserName::parse("bob").unwrap()).await.unwrap().unwrap();
    let home = HOME.parse::<IpAddr>().unwrap().into();
    for (password, is_right) in [("bobs-own-password", true), ("wrong", false)] {
        let before = hashes(&server);
        // The first is being checked when the others are polled.
        let equal = (0..20).map(|_| accounts.confirm(&bob, presented(password), home));
        for answer in futures_util::future::join_all(equal).await {
            assert_eq!(answer.is_ok(), is_right);
        }
        assert_eq!(hashes(&server) - before, 1, "{password}");
    }
}

#[tokio::test]
async fn a_password_that_may_not_be_used_any_more_confirms_nothing() {
    let server = server(|_| {}).await;
    server.add_bob().await;
    let bob = server.services.accounts.find(&UserName::parse("bob").unwrap()).await.unwrap().unwrap();
    // As read by a request that waits for its turn meanwhile.
    let ended =
        server.services.accounts.change(bob.id, UserChange::BasicAuth(false), &Caller::operator()).await.unwrap();
    assert_eq!(ended, Changed::Done);
    let password = presented("bobs-own-password");
    let confirmed = server.services.accounts.confirm(&bob, password, HOME.parse::<IpAddr>().unwrap().into()).await;
    assert!(matches!(confirmed, Err(LoginError::Refused)), "{confirmed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_known_after_a_restart_and_a_rotation_for_ninety_days() {
    let server = server(|config| config.login.remember = Period::from_ms(0)).await;
    assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200);
    let server = server.restart().await;
    let rotated = server.call("POST", "/keys/rotate", As::Admin).await;
    assert_eq!(rotated.status, 201, "{rotated:?}");
    server.advance_s(2);
    guess_while(&server, async || {
        assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 200, "it is known");
        assert_eq!(sign_in(&server, AWAY, "admin", PASSWORD).await, 429, "it is not");
    })
    .await;
    server.advance_s(91 * 86_400);
    let server = server.restart().await;
    guess_while(&server, async || {
        assert_eq!(sign_in(&server, HOME, "admin", PASSWORD).await, 429, "it was too long ago");
    })
    .await;
}

/// Does something while as many guesses as may wait for their turn do.
async fn guess_while(server: &TestServer, then: impl AsyncFnOnce()) {
    let client = server.new_client();
    let guess = |number: usize| send(attempt(&client, server, ATTACKER, "admin", &format!("wrong-{number}")));
    let guesses: Vec<_> = (0..50).map(guess).collect();
    server.clock.until_awaited(4).await;
    then().await;
    assert!(all_after_turns(server, guesses).await.iter().all(|status| [401, 429].contains(status)));
}

#[tokio::test]
async fn a_dear_hash_that_is_imported_beside_the_server_is_measured_before_its_first_refusal() {
    let server = server(|_| {}).await;
    let before = hashes(&server);
    let dear = "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.";
    for name in ["carol", "dave"] {
        let hash = format!("{name}:{dear}\n");
        let users = Import::new(Format::Htpasswd, Box::new(std::io::Cursor::new(hash))).map(Result::unwrap).collect();
        assert_eq!(server.services.accounts.import(users).await.unwrap(), [Added::Stored]);
        while hashes(&server) == before {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(hashes(&server) - before, 1, "one hash of a kind and cost is enough");
}
