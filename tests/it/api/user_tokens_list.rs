//! `GET …/tokens` of an account

use serde_json::{Value, json};
use zonemint::model::{LastUse, TokenId, TokenUse};

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, keys, narrowed};

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
            "id", "name", "type", "subject", "state", "created", "expires", "lastUsed", "lastUse", "mintedBy",
            "description", "overlong", "caveats", "words",
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
        ("id=x", "id", "badData"),
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
async fn the_last_use_is_told_to_the_minute_with_its_network_and_service() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let last_use = async || {
        server.services.tokens.write_uses().await.unwrap();
        server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"][0]["lastUse"].clone()
    };
    let expected = |network: &str, service: &str| json!({"minute": server.now_s() / 60 * 60, "network": network, "service": service});
    assert_eq!(last_use().await, json!(null));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let at_onezone = expected("127.0.0.0/24", "ozw-onezone");
    assert_eq!(last_use().await, at_onezone);

    let verified = async || {
        let question = json!({"token": token, "peerIp": "2001:db8:1:2ff::3"});
        assert_eq!(server.json("POST", "/tokens/verify_access_token", question, As::Nobody).await.status, 200);
    };
    verified().await;
    assert_eq!(last_use().await, at_onezone, "the first use of a minute counts");
    server.advance_s(60);
    verified().await;
    assert_eq!(last_use().await, expected("2001:db8:1:200::/56", "ozw-onezone"));

    server.advance_s(60);
    let behind_proxy = server.beside("GET", "/auth/verify").header("x-auth-token", &token);
    let behind_proxy = behind_proxy.header("x-forwarded-host", "Git.example.org:8443");
    assert_eq!(server.send(behind_proxy).await.status, 200);
    assert_eq!(last_use().await, expected("127.0.0.0/24", "git.example.org"));
    let shown = server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.json();
    assert_eq!(shown["lastUse"], last_use().await);

    server.advance_s(60);
    let refused = narrowed(&token, "ip = 192.0.2.1/32");
    assert_eq!(server.with_token(&refused, "GET", "/user").await.status, 401);
    assert_eq!(last_use().await["service"], "git.example.org", "what is refused is no use");
}

#[tokio::test]
async fn the_last_use_is_neither_kept_nor_shown_if_that_is_set() {
    let server = TestServer::start_with(|config| config.token.keep_last_use = false).await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let id = TokenId::parse(id.as_bytes()).unwrap();
    let store = &server.store;
    for day in ["2027-01-15", "2027-01-16"] {
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
        server.services.tokens.write_uses().await.unwrap();
        assert_eq!(store.token(id).await.unwrap().unwrap().last_use, None);
        let listed = server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"][0].clone();
        assert_eq!((&listed["lastUsed"], &listed["lastUse"]), (&json!(day), &json!(null)));
        server.advance_s(86_400);
    }
    // As from before it was set.
    let last = LastUse { minute: 40_000_000, network: None, service: None };
    store.touch_tokens(vec![TokenUse { token: id, day: 40_000_000 / 1_440, last: Some(last) }]).await.unwrap();
    for path in ["/user/tokens".to_owned(), format!("/tokens/named/{id}")] {
        let answer = server.call("GET", &path, As::Admin).await;
        assert!(answer.status == 200 && !answer.body.contains("\"minute\""), "{answer:?}");
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

#[tokio::test]
async fn one_token_is_asked_for_by_its_id_and_shows_its_notes() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let notes = json!({"description": "of the file server", "colour": 7});
    let (id, _) = server.named("/user", json!({"name": "one", "customMetadata": notes}), As::Admin).await;
    server.named("/user", json!({"name": "two"}), As::Admin).await;
    // Even with a token that ends before it.
    let soon = server.temporary("/user", json!({}), As::Admin).await;
    let answer = server.call("GET", &format!("/user/tokens?id={id}"), As::Token(&soon)).await.json();
    assert_eq!((answer["tokens"].as_array().unwrap().len(), &answer["next"]), (1, &json!(null)));
    let token = &answer["tokens"][0];
    assert_eq!((&token["id"], &token["description"]), (&json!(id), &json!("of the file server")));
    assert_eq!(token["customMetadata"], notes);
    assert_eq!(page(&server, &format!("?id={id}"), BOB).await.0, Vec::<String>::new(), "it is somebody else's");
    let here = json!([{"type": "ip", "whitelist": ["127.0.0.0/8"]}]);
    let narrow = server.temporary("/user", json!({"caveats": here}), As::Admin).await;
    assert_eq!(page(&server, &format!("?id={id}"), As::Token(&narrow)).await.0, Vec::<String>::new(), "it is wider");
}

/// The longest life of a setting, in seconds; how long a token lives, if it ends; whether that is told as too long: longer by more than clocks may differ.
const LIVES: [(Option<u64>, Option<u64>, bool); 6] = [
    (None, None, true),
    (None, Some(365 * 86_400), false),
    (None, Some(365 * 86_400 + 61), true),
    (Some(60), None, true),
    (Some(60), Some(60), false),
    (Some(60), Some(121), true),
];

#[tokio::test]
async fn a_token_without_an_end_or_with_a_late_one_is_marked_while_it_is_active() {
    for (longest, life, expected) in LIVES {
        let (server, id) = with_life(longest, life).await;
        let marked =
            async || server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"][0]["overlong"].clone();
        assert_eq!(marked().await, expected, "{longest:?} {life:?}");
        let revoked = server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), As::Admin).await;
        assert_eq!((revoked.status, marked().await), (204, json!(false)));
    }
}

/// A server on which a token lives so long, which was made before the setting was.
async fn with_life(longest: Option<u64>, life: Option<u64>) -> (TestServer, String) {
    let server = TestServer::start().await;
    let end = life.map(|life| json!([{"type": "time", "validUntil": server.now_s() + life}]));
    let (id, _) = server.named("/user", json!({"name": "one", "caveats": end.unwrap_or(json!([]))}), As::Admin).await;
    let Some(longest) = longest else { return (server, id) };
    let (folder, mut config, clock) = server.stop().await;
    config.token.max_named_ttl = format!("{longest}s").parse().unwrap();
    (TestServer::run(folder, config, clock).await, id)
}
