//! A thief mints as fast as it can while the owner takes the stolen token away: nothing that it minted survives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{As, TestServer};

/// Requests of the thief that are under way at the same time.
const CONNECTIONS: usize = 16;
/// For each kind of token; together they are as many as the threat model speaks of.
const TRIALS: usize = 25;
/// What the thief has minted when the owner reacts.
const HEAD_START: usize = 32;

/// How the thief mints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thief {
    Client,
    Named,
    Temporary,
    Rotate,
}

/// How the owner takes the stolen token away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    RevokesAll,
    RevokesTheToken,
    DeletesTheToken,
}

struct Trial<'a> {
    server: &'a TestServer,
    number: usize,
    stolen: String,
    taken_away: AtomicBool,
    minted: AtomicUsize,
    running: Notify,
}

impl Trial<'_> {
    /// Mints until it is refused; gives what it has minted.
    async fn steal(&self, thief: Thief, lane: usize) -> Vec<String> {
        let mut loot = Vec::new();
        let mut shown = self.stolen.clone();
        loop {
            let asked_late = self.taken_away.load(Ordering::SeqCst);
            let request = match thief {
                Thief::Client => self.server.request("POST", "/user/client_tokens").json(&json!({})),
                Thief::Named => {
                    let body = json!({"name": format!("loot {} {lane} {}", self.number, loot.len())});
                    self.server.request("POST", "/user/tokens/named").json(&body)
                }
                Thief::Temporary => {
                    let end = json!([{"type": "time", "validUntil": self.server.now_s() + 60}]);
                    self.server.request("POST", "/user/tokens/temporary").json(&json!({"caveats": end}))
                }
                Thief::Rotate => {
                    let id = self.server.with_token(&shown, "GET", "/user/tokens?limit=1&state=active").await;
                    let id = if id.status == 200 { id.json()["tokens"][0]["id"].clone() } else { Value::Null };
                    let path = format!("/tokens/{}/rotate", id.as_str().unwrap_or("none"));
                    self.server.request("POST", &path).json(&json!({}))
                }
            };
            let answer = self.server.send(request.header("x-auth-token", &shown)).await;
            if !(200..300).contains(&answer.status) {
                // Of many that rotate one token, one wins: there may be no more to wait for.
                if thief == Thief::Rotate {
                    self.running.notify_one();
                }
                return loot;
            }
            assert!(!asked_late, "{thief:?}: minted after the revocation was answered: {answer:?}");
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            if thief == Thief::Rotate {
                shown.clone_from(&token);
            }
            loot.push(token);
            if self.minted.fetch_add(1, Ordering::SeqCst) + 1 == HEAD_START {
                self.running.notify_one();
            }
        }
    }

    async fn take_away(&self, owner: Owner, id: &str) {
        self.running.notified().await;
        let answer = match owner {
            Owner::RevokesAll => {
                let body = json!({"all": true, "descendants": true});
                self.server.json("POST", "/user/tokens/revoke", body, As::Admin).await
            }
            Owner::RevokesTheToken => {
                let body = json!({"revoked": true, "descendants": true});
                self.server.json("PATCH", &format!("/tokens/named/{id}"), body, As::Admin).await
            }
            Owner::DeletesTheToken => {
                self.server.as_admin("DELETE", &format!("/tokens/named/{id}?descendants=true")).await
            }
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        self.taken_away.store(true, Ordering::SeqCst);
    }
}

async fn nothing_survives(thief: Thief, owners: &[Owner]) {
    let server = TestServer::start().await;
    for number in 0..TRIALS {
        let owner = owners[number % owners.len()];
        let (id, stolen) = server.named("/user", json!({"name": format!("stolen {number}")}), As::Admin).await;
        let trial = Arc::new(Trial {
            server: &server,
            number,
            stolen,
            taken_away: AtomicBool::new(false),
            minted: AtomicUsize::new(0),
            running: Notify::new(),
        });
        let lanes = join_all((0..CONNECTIONS).map(|lane| trial.steal(thief, lane)));
        let (loot, ()) = tokio::join!(lanes, trial.take_away(owner, &id));
        let loot: Vec<String> = loot.into_iter().flatten().collect();
        let used = join_all(loot.iter().map(|token| server.with_token(token, "GET", "/user"))).await;
        let survivors = used.iter().filter(|answer| answer.status != 401).count();
        assert_eq!(survivors, 0, "of {} in trial {number}: {thief:?} against {owner:?}", loot.len());
    }
}

const ALL: [Owner; 3] = [Owner::RevokesAll, Owner::RevokesTheToken, Owner::DeletesTheToken];

#[tokio::test(flavor = "multi_thread")]
async fn no_client_token_survives() {
    nothing_survives(Thief::Client, &ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_named_token_survives() {
    nothing_survives(Thief::Named, &ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_temporary_token_survives() {
    nothing_survives(Thief::Temporary, &ALL).await;
}

/// A token that was rotated is not the one that the owner knows: only revoking all, or its ancestors, finds it.
#[tokio::test(flavor = "multi_thread")]
async fn no_rotated_token_survives() {
    nothing_survives(Thief::Rotate, &ALL).await;
}
