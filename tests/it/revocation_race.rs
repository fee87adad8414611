//! A thief mints as fast as it can while the stolen token is taken away: nothing that it minted survives.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{As, BOB, TestServer};

/// Connections of the thief, each with one request under way.
const CONNECTIONS: usize = 16;
/// For each kind of token; together they are as many as the threat model speaks of.
const TRIALS: usize = 25;
const TRIALS_ON_TWO: usize = 12;
/// A limit for what takes some milliseconds.
const SOON: Duration = Duration::from_secs(20);
/// What the thief has minted when somebody reacts.
const HEAD_START: usize = 32;

/// How the thief mints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thief {
    Client,
    Named,
    Temporary,
    Rotate,
}

/// How the stolen token is taken away: by its owner, or by an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TakenAway {
    All,
    AllByAdministrator,
    Revoked,
    RevokedByAdministrator,
    Deleted,
}

struct Trial<'a> {
    server: &'a TestServer,
    /// Where the thief mints: by turns on each.
    nodes: &'a [&'a TestServer],
    number: usize,
    /// The stolen token, or what it was rotated to.
    shown: Mutex<String>,
    taken_away: AtomicBool,
    minted: AtomicUsize,
    running: Notify,
}

impl Trial<'_> {
    /// Mints until it is refused; gives what it has minted.
    async fn steal(&self, thief: Thief, lane: usize) -> Vec<String> {
        let mut loot = Vec::new();
        let node = self.nodes[lane % self.nodes.len()];
        let client = node.new_client();
        loop {
            let asked_late = self.taken_away.load(Ordering::SeqCst);
            let shown = self.shown.lock().unwrap().clone();
            let request = match thief {
                Thief::Client => post(node, &client, "/user/client_tokens").json(&json!({})),
                Thief::Named => {
                    let body = json!({"name": format!("loot {} {lane} {}", self.number, loot.len())});
                    post(node, &client, "/user/tokens/named").json(&body)
                }
                Thief::Temporary => {
                    let end = json!([{"type": "time", "validUntil": self.server.now_s() + 60}]);
                    post(node, &client, "/user/tokens/temporary").json(&json!({"caveats": end}))
                }
                Thief::Rotate => {
                    let id = self.server.with_token(&shown, "GET", "/user/tokens?limit=1&state=active").await;
                    let id = if id.status == 200 { id.json()["tokens"][0]["id"].clone() } else { Value::Null };
                    let path = format!("/tokens/{}/rotate", id.as_str().unwrap_or("none"));
                    post(node, &client, &path).json(&json!({}))
                }
            };
            let answer = self.server.send(request.header("x-auth-token", &shown)).await;
            if !(200..300).contains(&answer.status) {
                // Of those that rotate one token one wins, and the others go on with what it has got.
                if thief == Thief::Rotate && !self.taken_away.load(Ordering::SeqCst) {
                    continue;
                }
                return loot;
            }
            assert!(!asked_late, "{thief:?}: minted after the revocation was answered: {answer:?}");
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            if thief == Thief::Rotate {
                self.shown.lock().unwrap().clone_from(&token);
            }
            loot.push(token);
            if self.minted.fetch_add(1, Ordering::SeqCst) + 1 == HEAD_START {
                self.running.notify_one();
            }
        }
    }

    async fn take_away(&self, how: TakenAway, id: &str, owner: &str) {
        self.running.notified().await;
        let (all, one) = (json!({"all": true, "descendants": true}), json!({"revoked": true, "descendants": true}));
        let path = format!("/tokens/named/{id}");
        let answer = match how {
            TakenAway::All => self.server.json("POST", "/user/tokens/revoke", all, BOB).await,
            TakenAway::AllByAdministrator => {
                self.server.json("POST", &format!("/users/{owner}/tokens/revoke"), all, As::Admin).await
            }
            TakenAway::Revoked => self.server.json("PATCH", &path, one, BOB).await,
            TakenAway::RevokedByAdministrator => self.server.json("PATCH", &path, one, As::Admin).await,
            TakenAway::Deleted => self.server.call("DELETE", &format!("{path}?descendants=true"), BOB).await,
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        self.taken_away.store(true, Ordering::SeqCst);
    }
}

/// On a connection of its own, like all of the thief's.
fn post(node: &TestServer, client: &Client, path: &str) -> RequestBuilder {
    client.request(Method::POST, node.url(&format!("/api/v3/onezone{path}")))
}

async fn nothing_survives(thief: Thief) {
    let server = TestServer::start().await;
    nothing_survives_on(&[&server], thief, TRIALS).await;
}

/// The thief mints on two nodes, of which one is told to revoke.
async fn nothing_survives_on_another_node(thief: Thief) {
    let Some(server) = TestServer::start_shared(|_| {}).await else { return };
    let other = server.start_beside("other").await;
    nothing_survives_on(&[&server, &other], thief, TRIALS_ON_TWO).await;
    other.stop().await;
}

async fn nothing_survives_on(nodes: &[&TestServer], thief: Thief, trials: usize) {
    let server = nodes[0];
    let owner = server.add_bob().await;
    for number in 0..trials {
        let how = ALL[number % ALL.len()];
        let (id, stolen) = server.named("/user", json!({"name": format!("stolen {number}")}), BOB).await;
        let trial = Arc::new(Trial {
            server,
            nodes,
            number,
            shown: Mutex::new(stolen),
            taken_away: AtomicBool::new(false),
            minted: AtomicUsize::new(0),
            running: Notify::new(),
        });
        let lanes = join_all((0..CONNECTIONS).map(|lane| trial.steal(thief, lane)));
        let (loot, ()) = tokio::join!(lanes, trial.take_away(how, &id, &owner));
        let loot: Vec<String> = loot.into_iter().flatten().collect();
        let survivors = async |node: &TestServer| {
            let used = join_all(loot.iter().map(|token| node.with_token(token, "GET", "/user"))).await;
            used.iter().filter(|answer| answer.status != 401).count()
        };
        let case = format!("of {} in trial {number}: {thief:?} against {how:?}", loot.len());
        assert_eq!(survivors(server).await, 0, "{case}");
        for node in &nodes[1..] {
            // Another node may remember the generation until it hears of the change.
            let forgotten = async { while survivors(node).await > 0 {} };
            tokio::time::timeout(SOON, forgotten).await.expect(&case);
        }
    }
}

const ALL: [TakenAway; 5] = [
    TakenAway::All,
    TakenAway::AllByAdministrator,
    TakenAway::Revoked,
    TakenAway::RevokedByAdministrator,
    TakenAway::Deleted,
];

#[tokio::test(flavor = "multi_thread")]
async fn no_client_token_survives() {
    nothing_survives(Thief::Client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_named_token_survives() {
    nothing_survives(Thief::Named).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_temporary_token_survives() {
    nothing_survives(Thief::Temporary).await;
}

/// A token that was rotated is not the one that the owner knows: only revoking all, or its ancestors, finds it.
#[tokio::test(flavor = "multi_thread")]
async fn no_rotated_token_survives() {
    nothing_survives(Thief::Rotate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_token_of_another_node_survives() {
    nothing_survives_on_another_node(Thief::Client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_named_token_of_another_node_survives() {
    nothing_survives_on_another_node(Thief::Named).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_temporary_token_of_another_node_survives() {
    nothing_survives_on_another_node(Thief::Temporary).await;
}
