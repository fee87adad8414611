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
    server.services.store.append_audit(entries, server.clock.now_ms()).await.unwrap();
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
        server.services.store.load(Rows::Audit(rows), mark).await.unwrap();
    }
}

#[tokio::test]
async fn rows_are_those_of_an_export_newest_first() {
    let server = TestServer::start().await;
    server.add_bob().await;
    append(&server, 3).await;
    let heads = server.services.store.heads().await.unwrap();
    let [head] = &heads[..] else { panic!("{heads:?}") };
    let stored = server.services.store.audit_after(&head.chain, 0, 100).await.unwrap();
    let mut previous = head.chain.genesis();
    let mut expected: Vec<Value> = Vec::new();
    for row in &stored {
        expected.insert(0, serde_json::from_str(&line::write(row, Some(&previous))).unwrap());
        previous = row.hash;
    }
    for limit in [1, 2, 500] {
        assert_eq!(all(&server, &format!("?limit={limit}")).await, expected, "{limit}");
    }
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
    let chain = server.services.store.chain();
    let seq = server.services.store.heads().await.unwrap()[0].seq;
    server.services.store.delete_audit(&chain, seq - 9, 10_000).await.unwrap();
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
    server.services.store.load(Rows::Audit([1, 2, 5_000, 5_001].map(row).into()), mark).await.unwrap();
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
