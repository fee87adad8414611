//! `GET …/tokens` of an account

use serde_json::{Value, json};

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, keys};

/// The names on a page, and where the next one starts.
async fn page(server: &TestServer, query: &str, whom: As<'_>) -> (Vec<String>, Option<String>) {
    let answer = server.call("GET", &format!("/user/tokens{query}"), whom).await;
    assert_eq!((answer.status, answer.keys()), (200, vec!["tokens".to_owned(), "next".to_owned()]), "{answer:?}");
    let json = answer.json();
    let name = |token: &Value| token["name"].as_str().unwrap_or("-").to_owned();
    let names = json["tokens"].as_array().unwrap().iter().map(name).collect();
    (names, json["next"].as_str().map(str::to_owned))
}

/// Makes tokens of these names, one a second.
async fn make(server: &TestServer, names: &[&str]) {
    for name in names {
        server.advance_s(1);
        server.named("/user", json!({"name": name}), As::Admin).await;
    }
}

#[tokio::test]
async fn each_account_lists_its_tokens_without_their_texts() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (at, (account, whom)) in accounts.all().into_iter().enumerate() {
        let end = json!([{"type": "time", "validUntil": server.now_s() + 60}]);
        let (id, text) = server.named(&account, json!({"name": format!("number {at}"), "caveats": end}), whom).await;
        let answer = server.call("GET", &format!("{account}/tokens?limit=1"), whom).await;
        assert!(!answer.body.contains(&text));
        let token = answer.json()["tokens"][0].clone();
        let expected = [
            "id", "name", "type", "subject", "state", "created", "expires", "lastUsed", "mintedBy", "caveats", "words",
        ];
        assert_eq!(keys(&token), expected);
        assert_eq!((&token["id"], &token["expires"]), (&json!(id), &json!(server.now_s() + 60)));
        assert_eq!((&token["state"], &token["lastUsed"]), (&json!("active"), &json!(null)));
        server.advance_s(1);
    }
}

#[tokio::test]
async fn pages_follow_each_other_newest_first() {
    let server = TestServer::start().await;
    make(&server, &["t1", "t2", "t3", "t4", "t5"]).await;
    let (first, next) = page(&server, "?limit=2", As::Admin).await;
    let (second, then) = page(&server, &format!("?limit=2&cursor={}", next.unwrap()), As::Admin).await;
    let (third, end) = page(&server, &format!("?limit=2&cursor={}", then.unwrap()), As::Admin).await;
    assert_eq!([first, second, third].concat(), ["t5", "t4", "t3", "t2", "t1"]);
    assert_eq!(end, None);
}

/// Query, and the names that it finds, sorted. A number in braces is that second of the test.
const FILTERS: &[(&str, &[&str])] = &[
    ("?state=active", &["Laptop", "desk", "ends later"]),
    ("?state=expired", &["ends soon"]),
    ("?state=revoked", &["revoked"]),
    ("?name=LAP", &["Laptop"]),
    ("?name=%25", &[]),
    ("?state=active&name=e", &["desk", "ends later"]),
    ("?expires_before={10}", &[]),
    ("?expires_before={11}", &["ends soon"]),
    ("?created_after={1}", &["desk", "ends later", "ends soon", "revoked"]),
    ("?created_after={2}", &[]),
];

#[tokio::test]
async fn filters_narrow_the_list() {
    let (server, start) = filtered().await;
    for (query, expected) in FILTERS {
        let query = query.replace("{10}", &(start + 10).to_string()).replace("{11}", &(start + 11).to_string());
        let query = query.replace("{1}", &(start + 1).to_string()).replace("{2}", &(start + 2).to_string());
        let (mut names, _) = page(&server, &query, As::Admin).await;
        names.sort();
        assert_eq!(names, *expected, "{query}");
    }
}

/// Five tokens: two without an end, made in seconds 1 and 2, one that has ended, one that will, and a revoked one.
async fn filtered() -> (TestServer, u64) {
    let server = TestServer::start().await;
    let start = server.now_s();
    make(&server, &["Laptop", "desk"]).await;
    let ends = |s: u64| json!([{"type": "time", "validUntil": start + s}]);
    server.named("/user", json!({"name": "ends soon", "caveats": ends(10)}), As::Admin).await;
    server.named("/user", json!({"name": "ends later", "caveats": ends(1000)}), As::Admin).await;
    server.named("/user", json!({"name": "revoked", "revoked": true}), As::Admin).await;
    server.advance_s(8);
    (server, start)
}

#[tokio::test]
async fn a_rotated_token_is_active_until_its_overlap_ends() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.json("POST", &format!("/tokens/{id}/rotate"), json!({"overlap": 60}), As::Admin).await;
    assert_eq!(page(&server, "?state=active", As::Admin).await.0.len(), 2);
    server.advance_s(60);
    assert_eq!(page(&server, "?state=active", As::Admin).await.0, ["one"]);
    assert_eq!(page(&server, "?state=revoked", As::Admin).await.0.len(), 1);
}

#[tokio::test]
async fn a_bad_query_is_told_by_key() {
    let server = TestServer::start().await;
    for (query, key, error) in [
        ("state=gone", "state", "badValueNotAllowed"),
        ("limit=0", "limit", "badData"),
        ("limit=501", "limit", "badData"),
        ("limit=x", "limit", "badData"),
        ("cursor=x", "cursor", "badData"),
        ("expires_before=-1", "expires_before", "badData"),
        ("created_after=soon", "created_after", "badData"),
        ("limit=1&limit=2", "query", "badData"),
    ] {
        let answer = server.call("GET", &format!("/user/tokens?{query}"), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{query}");
        assert_eq!(answer.json()["error"]["details"]["key"], key);
    }
}

#[tokio::test]
async fn a_use_is_told_to_the_day() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let last_used = async || {
        server.services.tokens.write_uses().await.unwrap();
        server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"][0]["lastUsed"].clone()
    };
    assert_eq!(last_used().await, json!(null));
    for (advance, day) in [(0, "2027-01-15"), (50_000, "2027-01-15"), (10_000, "2027-01-16")] {
        server.advance_s(advance);
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
        assert_eq!(last_used().await, day);
    }
}

#[tokio::test]
async fn a_narrowed_token_sees_all_that_is_as_narrow_over_several_pages() {
    let server = TestServer::start().await;
    let here = json!([{"type": "ip", "whitelist": ["127.0.0.0/8"]}]);
    let token = server.temporary("/user", json!({"caveats": here}), As::Admin).await;
    // Three at a time, from the newest on: the second page that is read is short, and has more than the answer can take.
    for (name, caveats) in [("n1", &here), ("n2", &here), ("wide", &json!([])), ("n3", &here), ("n4", &here)] {
        server.advance_s(1);
        server.named("/user", json!({"name": name, "caveats": caveats}), As::Admin).await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let (names, next) = page(&server, &query, As::Token(&token)).await;
        seen.extend(names);
        let Some(next) = next else { break };
        query = format!("?limit=3&cursor={next}");
    }
    assert_eq!(seen, ["n4", "n3", "n2", "n1"]);
}

#[tokio::test]
async fn a_token_that_ends_soon_tells_what_longer_ones_say_and_gives_no_text_of_them() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "endless"}), As::Admin).await;
    let soon = server.temporary("/user", json!({}), As::Admin).await;
    assert_eq!(page(&server, "", As::Token(&soon)).await.0, ["endless"]);
    let shown = server.call("GET", &format!("/tokens/named/{id}"), As::Token(&soon)).await;
    assert_eq!(shown.refusal(), (403, "forbidden".to_owned()));
    let restored = json!({"revoked": false});
    let restored = server.json("PATCH", &format!("/tokens/named/{id}"), restored, As::Token(&soon)).await;
    assert_eq!(restored.refusal(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn others_are_not_listed() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "GET", "/tokens").await;
    assert_eq!(page(&server, "", BOB).await.0, Vec::<String>::new());
}
