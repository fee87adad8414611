//! `GET /audit`

use serde_json::{Value, json};
use zonemint::audit::line;
use zonemint::store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Mark, Rows};

use crate::support::{As, BOB, TestServer};

async fn page(server: &TestServer, query: &str) -> Value {
    let answer = server.call("GET", &format!("/audit{query}"), As::Admin).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// All pages of a query, which has a parameter at least.
async fn all(server: &TestServer, query: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(server, &format!("{query}{cursor}")).await;
        rows.extend(page["rows"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

async fn append(server: &TestServer, rows: usize) {
    let entry =
        |at| AuditEntry { note: Some(format!("at={at}")), ..AuditEntry::new(AuditAction::TokenPurge, Actor::System) };
    let entries = (0..rows).map(entry).collect();
    server.store.append_audit(entries, server.clock.now_ms()).await.unwrap();
}

/// Rows of other nodes, each chain with one row at each of these moments.
async fn other_chains(server: &TestServer, names: &[&str], at_ms: &[u64]) {
    for name in names {
        let chain = Chain::parse(name).unwrap();
        let mut rows: Vec<AuditRow> = Vec::new();
        for at_ms in at_ms {
            let end = rows.last().map_or((0, chain.genesis()), |row| (row.seq, row.hash));
            rows.push(AuditEntry::new(AuditAction::LoginRefused, Actor::System).chained(chain.clone(), end, *at_ms));
        }
        let mark = Mark { name: "test".to_owned(), value: None };
        server.store.load(Rows::Audit(rows), mark).await.unwrap();
    }
}

#[tokio::test]
async fn rows_are_those_of_an_export_newest_first() {
    let server = TestServer::start().await;
    server.add_bob().await;
    append(&server, 3).await;
    let heads = server.store.heads().await.unwrap();
    let [head] = &heads[..] else { panic!("{heads:?}") };
    let stored = server.store.audit_after(&head.chain, 0, 100).await.unwrap();
    let mut previous = head.chain.genesis();
    let mut expected: Vec<Value> = Vec::new();
    for row in &stored {
        expected.insert(0, serde_json::from_str(&line::write(row, Some(&previous))).unwrap());
        previous = row.hash;
    }
    for limit in [1, 2, 500] {
        let mut rows = all(&server, &format!("?limit={limit}")).await;
        for row in rows.iter_mut().map(|row| row.as_object_mut().unwrap()) {
            row.retain(|key, _| !["way", "request", "network"].contains(&key.as_str()));
        }
        assert_eq!(rows, expected, "{limit}");
    }
}

/// Mints by password at one address and by token at another one; returns the ids of the requests.
async fn minted_twice(server: &TestServer) -> [String; 2] {
    let at = async |address: &str, request: reqwest::RequestBuilder| {
        let answer = server.send(request.header("x-forwarded-for", address).json(&json!({}))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("x-request-id").to_owned()
    };
    let token = server.mint(json!({})).await.json()["token"].as_str().unwrap().to_owned();
    let by_password = As::Admin.sign(server.request("POST", "/user/client_tokens"));
    let by_token = As::Token(&token).sign(server.request("POST", "/user/client_tokens"));
    [at("192.0.2.77", by_password).await, at("2001:db8:1:2ff::9", by_token).await]
}

async fn behind_proxy(keep_networks: bool) -> TestServer {
    TestServer::start_with(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned()];
        config.audit.addresses = keep_networks;
    })
    .await
}

#[tokio::test]
async fn a_row_says_how_the_request_signed_in_its_id_and_its_network() {
    let server = behind_proxy(true).await;
    let ids = minted_twice(&server).await;
    let page = page(&server, "?limit=2").await;
    for (row, way, id, network) in [
        (&page["rows"][0], "token", &ids[1], "2001:db8:1:200::/56"),
        (&page["rows"][1], "password", &ids[0], "192.0.2.0/24"),
    ] {
        assert_eq!((&row["way"], &row["request"], &row["network"]), (&json!(way), &json!(id), &json!(network)));
        let note = format!("way={way} request={id} network={network}");
        assert!(row["note"].as_str().unwrap().ends_with(&note), "{row}");
        assert_eq!(row["mintedBy"].is_string(), way == "token", "{row}");
    }
}

#[tokio::test]
async fn addresses_are_not_kept_if_that_is_set() {
    let server = behind_proxy(false).await;
    minted_twice(&server).await;
    let answer = server.send(server.request("GET", "/user").basic_auth("admin", Some("wrong-password"))).await;
    assert_eq!(answer.status, 401);
    server.services.accounts.write_refusals().await.unwrap();
    let rows = all(&server, "?limit=500").await;
    assert!(rows.iter().any(|row| row["action"] == "login.refused" && row["way"] == "password"));
    assert!(rows.iter().filter(|row| row["request"].is_string()).count() >= 4, "{rows:?}");
    assert!(!rows.iter().any(|row| row.to_string().contains("network")), "{rows:?}");
}

#[tokio::test]
async fn a_filter_finds_a_network_and_a_request() {
    let server = behind_proxy(true).await;
    let ids = minted_twice(&server).await;
    for (query, expected) in [
        ("network=192.0.2.5", vec![0]),
        ("network=192.0.2.0/24", vec![0]),
        ("network=192.0.0.0/16", vec![0]),
        ("network=2001:db8:1:200::", vec![1]),
        ("network=::ffff:192.0.2.77", vec![0]),
        ("network=0.0.0.0/0&kind=token.mint", vec![0]),
        ("network=198.51.100.1", vec![]),
        (&format!("request={}", ids[1]), vec![1]),
        ("request=00000000-0", vec![]),
    ] {
        let rows = all(&server, &format!("?{query}")).await;
        let known = |row: &Value| ids.iter().position(|id| row["request"] == **id).unwrap_or(2);
        let mut found: Vec<_> = rows.iter().map(known).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{query}: {rows:?}");
    }
}

#[tokio::test]
async fn a_filter_finds_an_account_by_its_name_and_those_that_had_it() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.named("/user", json!({"name": "one"}), BOB).await;
    let actions = async |query: &str| {
        let rows = all(&server, query).await;
        rows.iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions("?name=bob").await, ["token.mint", "user.add"]);
    assert_eq!(actions("?name=bob&kind=user.add").await, ["user.add"]);
    assert_eq!(actions("?name=carol").await, [""; 0]);
    let renamed = server.json("PATCH", "/user", json!({"username": "robert"}), BOB).await;
    assert!(renamed.status < 300, "{renamed:?}");
    assert_eq!(actions("?name=robert").await, ["user.names", "token.mint", "user.add"]);
    assert_eq!(actions("?name=bob").await, ["user.names", "user.add"], "rows that name him so");
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    assert_eq!(actions("?name=robert").await, ["user.remove", "user.names"], "he has no name any more");
}

#[tokio::test]
async fn a_filter_finds_a_time_without_reading_what_is_newer_or_older() {
    let server = TestServer::start().await;
    let now = server.clock.now_ms();
    // One row a minute for 100 hours, in two chains.
    let moments: Vec<u64> = (0..6_000).map(|at| now - 6_000 * 60_000 + at * 60_000).collect();
    other_chains(&server, &["node-a", "node-b"], &moments).await;
    let s = |at: usize| moments[at] / 1_000;
    let window = page(&server, &format!("?limit=500&from={}&until={}", s(1_000), s(1_003))).await;
    let times: Vec<_> = window["rows"].as_array().unwrap().iter().map(|row| row["atMs"].as_u64().unwrap()).collect();
    assert_eq!(times, [moments[1_002], moments[1_002], moments[1_001], moments[1_001], moments[1_000], moments[1_000]]);
    assert_eq!(window["next"], Value::Null, "what is older is not looked at");
    let first = page(&server, &format!("?limit=1&kind=login.refused&until={}", s(1_003))).await;
    assert_eq!(first["rows"][0]["atMs"], moments[1_002]);
    let rest = all(&server, &format!("?limit=500&kind=login.refused&from={}&until={}", s(5_990), s(5_999) + 1)).await;
    assert_eq!(rest.len(), 20);
    let all_of_one = all(&server, &format!("?limit=1&from={}&until={}", s(1_000), s(1_003))).await;
    assert_eq!(all_of_one.len(), 6);
}

#[tokio::test]
async fn rows_of_all_nodes_are_merged_by_time_and_none_is_left_out_or_there_twice() {
    let server = TestServer::start().await;
    let now = server.clock.now_ms();
    let moments: Vec<u64> = (0..40).map(|at| now - 1_000 + at * 10).collect();
    other_chains(&server, &["node-a", "node-b", "node-c"], &moments).await;
    for limit in [1, 7, 50] {
        let rows = all(&server, &format!("?limit={limit}&kind=login.refused")).await;
        let times: Vec<_> = rows.iter().map(|row| row["atMs"].as_u64().unwrap()).collect();
        let expected: Vec<_> = moments.iter().rev().flat_map(|at_ms| [*at_ms; 3]).collect();
        assert_eq!(times, expected, "{limit}");
        let first = all(&server, &format!("?limit={limit}")).await;
        assert!(first.len() > rows.len() && first[0]["atMs"].as_u64().unwrap() == now, "its own rows are there too");
    }
}

#[tokio::test]
async fn what_happens_meanwhile_is_not_on_the_pages_that_follow() {
    let server = TestServer::start().await;
    append(&server, 5).await;
    let first = page(&server, "?limit=2").await;
    append(&server, 5).await;
    other_chains(&server, &["node-new"], &[server.clock.now_ms()]).await;
    let second = page(&server, &format!("?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    let seqs = |page: &Value| [page["rows"][0]["seq"].as_u64().unwrap(), page["rows"][1]["seq"].as_u64().unwrap()];
    let last = seqs(&first)[0];
    assert_eq!((seqs(&first), seqs(&second)), ([last, last - 1], [last - 2, last - 3]));
}

#[tokio::test]
async fn a_filter_finds_what_a_user_did_and_what_was_done_to_it() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.named("/user", json!({"name": "one"}), BOB).await;
    server.json("PATCH", &format!("/users/{bob}/access_block"), json!({"blocked": true}), As::Admin).await;
    let actions =
        |rows: Vec<Value>| rows.iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let of_bob = all(&server, &format!("?user={bob}")).await;
    assert_eq!(actions(of_bob), ["user.block", "token.mint", "user.add"]);
    let both = all(&server, &format!("?user={bob}&kind=token.mint")).await;
    assert_eq!(actions(both), ["token.mint"]);
    assert_eq!(page(&server, &format!("?user={}", "0".repeat(32))).await["rows"], json!([]));
}

#[tokio::test]
async fn a_filter_looks_at_so_many_rows_and_says_where_to_look_on() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    append(&server, 2_500).await;
    let first = page(&server, &format!("?user={bob}")).await;
    assert_eq!(first["rows"], json!([]));
    let second = page(&server, &format!("?user={bob}&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&second["rows"][0]["action"], &second["next"]), (&json!("user.add"), &json!(null)));
}

#[tokio::test]
async fn archived_rows_end_the_list() {
    let server = TestServer::start().await;
    append(&server, 700).await;
    let chain = server.store.chain();
    let seq = server.store.heads().await.unwrap()[0].seq;
    server.store.delete_audit(&chain, seq - 9, 10_000).await.unwrap();
    for limit in [3, 10, 100] {
        let rows = all(&server, &format!("?limit={limit}")).await;
        assert_eq!((rows.len(), &rows[9]["previous"]), (10, &json!(null)), "{limit}");
    }
}

#[tokio::test]
async fn rows_that_are_missing_do_not_hide_those_before_them() {
    let server = TestServer::start().await;
    let chain = Chain::parse("node-a").unwrap();
    let row =
        |seq| AuditEntry::new(AuditAction::LoginRefused, Actor::System).chained(chain.clone(), (seq - 1, [1; 32]), seq);
    let mark = Mark { name: "test".to_owned(), value: None };
    server.store.load(Rows::Audit([1, 2, 5_000, 5_001].map(row).into()), mark).await.unwrap();
    for limit in [1, 500] {
        let rows = all(&server, &format!("?limit={limit}&kind=login.refused")).await;
        let seqs: Vec<_> = rows.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, [5_001, 5_000, 2, 1], "{limit}");
    }
}

#[tokio::test]
async fn values_that_are_none_are_told_by_key() {
    let server = TestServer::start().await;
    for (query, error) in [
        ("limit=0", "badData"),
        ("limit=501", "badData"),
        ("cursor=x", "badData"),
        ("user=bob", "badData"),
        ("kind=token", "badValueNotAllowed"),
        ("name=", "badData"),
        ("name=a%20b", "badData"),
        ("from=yesterday", "badData"),
        ("from=-1", "badData"),
        ("until=1.5", "badData"),
        ("from=7&until=7", "badData"),
        ("network=localhost", "badData"),
        ("network=192.0.2.0/33", "badData"),
        ("request=1", "badData"),
        ("request=0000000A-1", "badData"),
    ] {
        let answer = server.call("GET", &format!("/audit?{query}"), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn nobody_else_reads_the_trail() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    for whom in [BOB, As::Token(&service)] {
        assert_eq!(server.call("GET", "/audit", whom).await.refusal(), (403, "forbidden".to_owned()));
    }
}
