//! What is recorded that no single operation brings about: refused sign-ins, and checkpoints.

use zonemint::audit::{Checkpoints, parse_checkpoint};
use zonemint::caller::Caller;
use zonemint::clock::Clock;
use zonemint::model::Period;
use zonemint::store::UserChange;

use super::*;
use crate::support::{PASSWORD, TestServer};

async fn patient() -> TestServer {
    TestServer::start_with(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 5;
        config.login.address_refill = Period::from_ms(60_000);
    })
    .await
}

async fn sign_in(server: &TestServer, name: &str, password: &str) -> u16 {
    server.send(server.request("GET", "/user").basic_auth(name, Some(password))).await.status
}

/// User and note of what was written about refused sign-ins, but for the requests.
async fn refused(server: &TestServer) -> Vec<(Option<String>, String)> {
    server.services.accounts.write_refusals().await.unwrap();
    let rows = rows_of(&server.store, AuditAction::LoginRefused).await;
    rows.into_iter().map(|row| (row.user.map(|id| id.to_string()), without_requests(&row))).collect()
}

/// A note, from its first parts.
fn note(start: &str) -> String {
    format!("{start} way=password network=127.0.0.0/24")
}

fn without_requests(row: &AuditRow) -> String {
    let note = row.note.as_deref().unwrap();
    note.split(' ').filter(|part| !part.starts_with("request=")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_row_of_refused_sign_ins_names_the_requests_and_where_they_came_from() {
    let server = patient().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = server.request("GET", "/user").basic_auth("admin", Some("wrong-password"));
        ids.push(server.send(request).await.header("x-request-id").to_owned());
    }
    server.services.accounts.write_refusals().await.unwrap();
    let row = rows_of(&server.store, AuditAction::LoginRefused).await.remove(0);
    let expected = format!("count=2 addresses=1 way=password request={} network=127.0.0.0/24", ids.join(","));
    assert_eq!(row.note, Some(expected));
}

#[tokio::test]
async fn refused_sign_ins_become_a_row_for_each_account() {
    let server = patient().await;
    let blocked = server.add_user("blocked", "blocked-password").await;
    let changed = server.services.accounts.change(blocked.id, UserChange::Block, &Caller::operator()).await;
    assert_eq!(changed.unwrap(), zonemint::store::Changed::Done);
    let admin = server.id_of(crate::support::As::Admin).await;
    let too_long = "x".repeat(1_025);
    for (name, password) in [
        ("admin", "wrong-password"),
        ("admin", "another-wrong-one"),
        ("admin", &too_long),
        ("blocked", "blocked-password"),
        ("nobody", "wrong-password"),
        ("a secret typed as a name", PASSWORD),
    ] {
        assert_eq!(sign_in(&server, name, password).await, 401, "{name}");
    }
    let row = |user: &str, start: &str| (Some(user.to_owned()).filter(|user| !user.is_empty()), note(start));
    let blocked = blocked.id.to_string();
    let mut known = [row(&admin, "count=3 addresses=1"), row(&blocked, "count=1 addresses=1")];
    known.sort();
    let first = [vec![row("", "count=2 addresses=1 who=unknown")], known.to_vec()].concat();
    assert_eq!(refused(&server).await, first);
    assert_eq!(refused(&server).await, first, "they are written once");

    for status in [401, 401, 429, 429] {
        assert_eq!(sign_in(&server, "nobody", "wrong-password").await, status);
    }
    let second = [row("", "count=2 addresses=1 who=throttled"), row("", "count=2 addresses=1 who=unknown")];
    assert_eq!(refused(&server).await, [first, second.to_vec()].concat());
}

#[tokio::test]
async fn what_is_not_written_yet_is_written_when_the_server_stops() {
    let server = patient().await;
    assert_eq!(sign_in(&server, "admin", "wrong-password").await, 401);
    let server = server.restart().await;
    let rows = rows_of(&server.store, AuditAction::LoginRefused).await;
    assert_eq!(rows.iter().map(without_requests).collect::<Vec<_>>(), [note("count=1 addresses=1")]);
}

#[tokio::test]
async fn a_checkpoint_names_the_ends_of_other_chains_when_they_have_moved() {
    let trail = Trail::new().await;
    let step = || async {
        Checkpoints::new(Arc::clone(&trail.store), Clock::manual(99_000)).step().await.unwrap();
        rows_of(&trail.store, AuditAction::AuditCheckpoint).await
    };
    assert_eq!(step().await, [], "a store with one chain has none");

    let node = Checkpoints::new(Arc::clone(&trail.store), Clock::manual(99_000));
    let rows = trail.load("elsewhere", 2).await;
    node.step().await.unwrap();
    node.step().await.unwrap();
    let noted = rows_of(&trail.store, AuditAction::AuditCheckpoint).await;
    assert_eq!((noted.len(), noted[0].at_ms), (1, 99_000));
    let ends = parse_checkpoint(noted[0].note.as_ref().unwrap()).unwrap();
    assert_eq!(ends, trail.store.heads().await.unwrap()[1..]);

    let last = rows.last().unwrap();
    let entry = AuditEntry::new(AuditAction::AuditCheckpoint, Actor::System);
    let theirs = entry.chained(last.chain.clone(), (last.seq, last.hash), 5_000);
    trail.load_rows(vec![theirs.clone()]).await;
    node.step().await.unwrap();
    assert_eq!(rows_of(&trail.store, AuditAction::AuditCheckpoint).await.len(), 1, "a checkpoint alone is no news");
    let more = super::entry(4).chained(last.chain.clone(), (theirs.seq, theirs.hash), 6_000);
    trail.load_rows(vec![more]).await;
    node.step().await.unwrap();
    assert_eq!(rows_of(&trail.store, AuditAction::AuditCheckpoint).await.len(), 2);
}
