//! A node whose clock is not the database's: what it says, and what it refuses.

use std::time::Duration;

use serde_json::json;
use zonemint::clock::Clock;
use zonemint::model::Period;
use zonemint::store::{Actor, DatabaseClock};
use zonemint::token::{Authority, MintError, MintRequest};

use crate::support::log::Lines;
use crate::support::{As, TestServer};

const HOUR_MS: u64 = 3_600_000;

/// A node whose clock stands `ours_ms` of milliseconds away from now, which allows a skew of `limit_ms`.
async fn node(ahead: bool, limit_ms: u64) -> Option<TestServer> {
    let server = TestServer::start_shared(|config| config.store.max_clock_skew = Period::from_ms(limit_ms)).await?;
    let now_ms = Clock::system().now_ms();
    Some(server.restart_at(if ahead { now_ms + HOUR_MS } else { now_ms - HOUR_MS }).await)
}

#[tokio::test]
async fn beyond_the_limit_nothing_is_minted_and_the_node_is_not_ready() {
    for (ahead, side) in [(true, "ahead of"), (false, "behind")] {
        let Some(server) = node(ahead, HOUR_MS / 2).await else { return };
        let temporary = json!({"type": {"accessToken": {}}, "caveats": [{"type": "time", "validUntil": (Clock::system().now_ms() + 2 * HOUR_MS) / 1_000}]});
        let named = json!({"name": "one", "type": {"accessToken": {}}});
        for (path, body) in
            [("/user/client_tokens", json!({})), ("/user/tokens/named", named), ("/user/tokens/temporary", temporary)]
        {
            let refused = server.json("POST", path, body, As::Admin).await;
            assert_eq!(refused.status, 503, "{path}: {}", refused.body);
            for expected in ["No token is made now", side, "store.max_clock_skew allows (30m)"] {
                assert!(refused.body.contains(expected), "{path}: {}", refused.body);
            }
        }
        let ready = server.send(server.beside("GET", "/readyz")).await;
        assert_eq!(ready.status, 503);
        assert!(ready.body.contains(side), "{}", ready.body);
        assert_eq!(server.call("GET", "/user", As::Admin).await.status, 200, "what is no mint goes on");
        let metrics = server.send(server.beside("GET", "/metrics")).await.body;
        let sign = if ahead { "" } else { "-" };
        assert!(metrics.contains(&format!("\nzonemint_clock_skew_seconds {sign}3")), "{metrics}");
        assert!(metrics.contains("\nzonemint_clock_skew_limit_seconds 1800"), "{metrics}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_right_mints_again() {
    let Some(server) = node(true, HOUR_MS / 2).await else { return };
    let user = server.add_user("alice", "correct-horse-battery").await.id;
    // Without a sign-in: a clock of a test takes the time since the start back with it, by which sign-ins take turns.
    let mint = || server.services.tokens.mint(user, Actor::System, &Authority::Full, MintRequest::default());
    assert!(matches!(mint().await, Err(MintError::ClockSkew(_))));
    server.clock.set_ms(Clock::system().now_ms());
    let looking = async { while server.send(server.beside("GET", "/readyz")).await.status != 200 {} };
    tokio::time::timeout(Duration::from_mins(1), looking).await.expect("the database confirms the clock");
    assert!(mint().await.is_ok());
}

#[tokio::test]
async fn within_the_limit_or_without_one_it_mints_and_says_so() {
    for limit_ms in [2 * HOUR_MS, 0] {
        let Some(server) = node(true, limit_ms).await else { return };
        assert_eq!(server.mint(json!({})).await.status, 200);
        let ready = server.send(server.beside("GET", "/readyz")).await;
        assert_eq!(ready.status, 200);
        assert!(ready.body.contains("ahead of the database's"), "{}", ready.body);
    }
}

#[tokio::test]
async fn keys_are_dated_by_the_clock_of_the_database() {
    let Some(server) = node(true, 0).await else { return };
    let before_s = Clock::system().now_ms() / 1_000;
    assert_eq!(server.call("POST", "/keys/rotate", As::Admin).await.status, 201);
    let key = server.call("GET", "/keys", As::Admin).await.json()["keys"][0].clone();
    let created_s = key["created"].as_u64().unwrap();
    assert!(created_s >= before_s && created_s < before_s + HOUR_MS / 1_000, "{key}");
    assert_eq!(key["fromFuture"], false);
}

#[test]
fn the_log_tells_each_change_of_the_skew_once() {
    let (lines, _guard) = Lines::capture();
    let database = DatabaseClock::new(Clock::manual(HOUR_MS), Period::from_ms(30_000));
    for ahead_ms in [0, 4_000, 4_000, 31_000, 32_000, 29_900, 5_000, 0, 0] {
        database.answered(database.asked(), i64::try_from(HOUR_MS).unwrap() - ahead_ms);
        database.tell();
    }
    let text = lines.text();
    let told: Vec<_> = text.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(told, ["WARN", "ERROR", "WARN", "INFO"], "{text}");
    assert!(text.contains("the clock of this node is 31.0 s ahead of the database's, which is more than"), "{text}");
}
