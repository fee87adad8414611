//! A node whose clock is not the database's: what it says, and what it refuses.

use std::time::Duration;

use serde_json::json;
use zonemint::caller::Caller;
use zonemint::clock::{Clock, from_http_date};
use zonemint::model::Period;
use zonemint::store::DatabaseClock;
use zonemint::token::{MintError, MintRequest};

use crate::support::log::Lines;
use crate::support::{Answer, As, TestServer, caveats_of};

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
            for expected in ["No token is minted now", side, "store.max_clock_skew allows (30m)"] {
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
    let mint = async || server.services.tokens.mint(user, MintRequest::default(), &Caller::server()).await;
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

/// Lets so many seconds pass, in which the system's clock is read.
fn pass(clock: &Clock, seconds: u64) {
    for _ in 0..seconds {
        clock.set_ms(clock.uptime_ms() + 1_000);
        clock.observe();
    }
}

/// What `/readyz` says, and how far the metric says that the system's clock is off.
async fn ready_and_distrust(server: &TestServer) -> (String, f64) {
    let ready = async {
        loop {
            // When time has passed at once, the feed must be followed first.
            let ready = server.send(server.beside("GET", "/readyz")).await;
            if ready.status == 200 {
                break ready;
            }
        }
    };
    let ready =
        tokio::time::timeout(Duration::from_mins(1), ready).await.expect("a clock that is not believed is no reason");
    let metrics = server.send(server.beside("GET", "/metrics")).await.body;
    let distrust = metrics.lines().find_map(|line| line.strip_prefix("zonemint_clock_distrust_seconds "));
    (ready.body, distrust.expect("the metric is there").parse().unwrap())
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_ends_no_token_early_and_writes_no_end_late() {
    let server = TestServer::start().await;
    let clock = &server.clock;
    pass(clock, 20);
    let before = server.mint(json!({"ttl": 3_600})).await.token();
    clock.jump_to_ms(clock.uptime_ms() + 1_440 * HOUR_MS);
    let (body, distrust_s) = ready_and_distrust(&server).await;
    assert!((distrust_s - 5_184_000.0).abs() < 1.0, "{distrust_s}");
    assert!(body.contains("the system's clock is not believed: it is 5184000.0 s ahead"), "{body}");
    let answer = server.call("GET", "/user", As::Token(&before)).await;
    assert_eq!(answer.status, 200, "it is refused early");
    let date = |answer: &Answer| from_http_date(answer.headers["date"].to_str().unwrap()).unwrap();
    clock.observe();
    let answer = server.call("GET", "/user", As::Token(&before)).await;
    assert_eq!(date(&answer), clock.now_ms() / 1_000, "Date tells the time that goes on");
    let during = server.mint(json!({"ttl": 60})).await.token();
    pass(clock, 5);
    clock.jump_to_ms(clock.uptime_ms());
    clock.observe();
    let (body, distrust_s) = ready_and_distrust(&server).await;
    assert!(distrust_s.abs() < 1.0 && !body.contains("believed"), "{body}");
    let answer = server.call("GET", "/user", As::Token(&during)).await;
    assert_eq!(answer.status, 200);
    assert!(date(&answer).abs_diff(Clock::system().now_ms() / 1_000) < 60, "Date is the machine's again");
    pass(clock, 60);
    assert_eq!(server.call("GET", "/user", As::Token(&during)).await.status, 401, "ttl: 60 was written as two months");
    assert_eq!(server.call("GET", "/user", As::Token(&before)).await.status, 200);
}

#[tokio::test]
async fn a_step_back_brings_no_token_back_to_life_and_new_ones_end_by_the_earlier_time() {
    let server = TestServer::start().await;
    let clock = &server.clock;
    pass(clock, 20);
    let over = server.mint(json!({"ttl": 60})).await.token();
    pass(clock, 60);
    for back_ms in [50_000, 1_440 * HOUR_MS, HOUR_MS] {
        clock.jump_to_ms(clock.uptime_ms() - back_ms);
        assert_eq!(server.call("GET", "/user", As::Token(&over)).await.status, 401, "after {back_ms} ms back");
    }
    let (body, distrust_s) = ready_and_distrust(&server).await;
    assert!((distrust_s + 3_600.0).abs() < 1.0, "{distrust_s}");
    assert!(body.contains("restart the server"), "{body}");
    let refused = server.mint(json!({"ttl": 3_600})).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    for expected in ["would expire at once", "it is 3600.0 s behind", "restart the server"] {
        assert!(refused.body.contains(expected), "{}", refused.body);
    }
    let minted = server.mint(json!({"ttl": 3_601})).await.token();
    assert_eq!(caveats_of(&minted), [format!("time < {}", clock.uptime_ms() / 1_000 + 1)]);
    assert_eq!(server.call("GET", "/user", As::Token(&minted)).await.status, 200);
    pass(clock, 60);
    assert_eq!(server.call("GET", "/user", As::Token(&over)).await.status, 401);
}

#[tokio::test]
async fn after_a_small_step_back_an_overlap_is_not_longer_and_new_tokens_are_dated_by_the_earlier_time() {
    let server = TestServer::start().await;
    let clock = &server.clock;
    pass(clock, 20);
    let named = json!({"name": "one", "type": {"accessToken": {}}});
    let (id, old) = server.named("/user", named, As::Admin).await;
    clock.jump_to_ms(clock.uptime_ms() - 30_000);
    let (body, distrust_s) = ready_and_distrust(&server).await;
    assert!(
        (distrust_s + 30.0).abs() < 1.0 && body.contains("set back: it is 30.0 s behind the latest time"),
        "{body}"
    );
    let rotated = server.json("POST", &format!("/tokens/{id}/rotate"), json!({"overlap": 60}), As::Admin).await;
    assert!(rotated.status < 300, "{}", rotated.body);
    let new = rotated.json()["tokenId"].as_str().unwrap().to_owned();
    let created =
        server.call("GET", &format!("/tokens/named/{new}"), As::Admin).await.json()["metadata"]["creationTime"]
            .as_u64()
            .unwrap();
    assert_eq!(created, clock.uptime_ms() / 1_000 - 30);
    assert_eq!(server.call("GET", "/user", As::Token(&old)).await.status, 200);
    pass(clock, 60);
    assert_eq!(server.call("GET", "/user", As::Token(&old)).await.status, 401);
}

#[test]
fn the_log_tells_once_that_the_systems_clock_is_not_believed() {
    let (lines, _guard) = Lines::capture();
    let clock = Clock::manual(HOUR_MS * 10_000);
    pass(&clock, 20);
    for back_ms in [0, HOUR_MS, 2 * HOUR_MS, 0] {
        clock.jump_to_ms(clock.uptime_ms() - back_ms);
        pass(&clock, 15);
    }
    let text = lines.text();
    let told: Vec<_> = text.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(told, ["ERROR", "INFO"], "{text}");
    assert!(text.contains("it is 3600.0 s behind the time that was confirmed last"), "{text}");
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
