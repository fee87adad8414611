//! Servers that are down, and come back.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use zonemint::clock::Clock;
use zonemint_ldap::{Directory, Refusal, ServerUrl, Settings};

use super::stand::{open, password, settings, sign_in, unavailable, with_server};
use super::wire::{self, OnBind, Wire, result};
use crate::support::slapd::{SERVICE, Slapd};

const JOE: &str = "uid=joe,ou=people,dc=zone,dc=test";

fn open_at(settings: Settings, clock: &Clock) -> Directory {
    Directory::open(settings, clock.clone()).unwrap()
}

#[tokio::test]
async fn a_directory_that_was_gone_is_used_again() {
    let Some(mut slapd) = Slapd::start("").await else { return };
    let clock = Clock::manual(0);
    let directory = open_at(settings(&slapd), &clock);
    assert!(sign_in(&directory, "joe").await.is_ok());
    slapd.stop();
    let why = unavailable(sign_in(&directory, "joe").await);
    slapd.resume().await;
    assert_eq!(unavailable(sign_in(&directory, "joe").await), why, "it is left alone for a while");
    clock.set_ms(5_000);
    assert!(sign_in(&directory, "joe").await.is_ok());
}

#[tokio::test]
async fn a_restart_between_two_sign_ins_is_not_noticed() {
    let Some(mut slapd) = Slapd::start("").await else { return };
    let directory = open_at(settings(&slapd), &Clock::manual(0));
    assert!(sign_in(&directory, "joe").await.is_ok());
    slapd.stop();
    slapd.resume().await;
    assert!(sign_in(&directory, "joe").await.is_ok());
}

/// Two servers with the same entries, and settings that name them in this order.
async fn two() -> Option<(Slapd, Slapd, Settings, tempfile::TempDir)> {
    let (first, second) = (Slapd::start("").await?, Slapd::start("").await?);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let both = [first.ca(), second.ca()].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    std::fs::write(&ca, both).unwrap();
    let mut settings = with_server(&format!("ldaps://127.0.0.1:{}", first.ldaps), ca);
    settings.servers.push(ServerUrl::parse(&format!("ldap://127.0.0.1:{}", second.ldap)).unwrap());
    Some((first, second, settings, folder))
}

#[tokio::test]
async fn one_password_is_tried_on_one_server() {
    let Some((mut first, second, settings, _folder)) = two().await else { return };
    let clock = Clock::manual(0);
    let directory = open_at(settings, &clock);
    let wrong = || password("wrong");
    assert_eq!(directory.sign_in("joe", &wrong()).await.unwrap_err(), Refusal::Credentials);
    assert_eq!((first.binds(JOE), second.binds(JOE)), (1, 0));
    // Between the search and the bind: the connection for the password cannot be made, so another server gets it.
    let candidate = directory.look_up("joe").await.unwrap();
    first.stop();
    assert_eq!(candidate.bind(&wrong()).await.unwrap_err(), Refusal::Credentials);
    assert_eq!(second.binds(JOE), 1);
    // Before the search.
    assert!(sign_in(&directory, "joe").await.is_ok());
    assert_eq!(second.binds(JOE), 2);
    // Connections to the second server are given up after a while, and the first is asked again.
    first.resume().await;
    clock.set_ms(600_000);
    assert!(sign_in(&directory, "joe").await.is_ok());
    assert_eq!((first.binds(JOE), second.binds(JOE)), (1, 2));
    assert_eq!(first.binds(SERVICE.0), 1);
}

#[tokio::test]
async fn a_server_in_trouble_is_passed_over() {
    let (first, second) = (Wire::start().await, Wire::start().await);
    let (settings, _ca) = wire::settings(&[&first, &second]);
    let directory = open_at(settings, &Clock::manual(0));
    for code in [51, 52, 1] {
        first.on_search(vec![result(0x65, code, b"")]);
        assert!(sign_in(&directory, "joe").await.is_ok());
    }
    assert_eq!((first.passwords(), second.passwords()), (0, 3));
    assert_eq!(first.connections().len(), 1, "it is left alone");
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_one_request_not_all() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (some, folder) = wire::settings(&[]);
    let url = format!("ldaps://{}", listener.local_addr().unwrap());
    let mut settings = with_server(&url, some.ca);
    settings.connect_timeout = Duration::from_millis(200);
    let directory = Arc::new(open_at(settings, &Clock::manual(0)));
    let sign_ins: Vec<_> = (0..20)
        .map(|_| {
            let directory = Arc::clone(&directory);
            tokio::spawn(async move { unavailable(sign_in(&directory, "joe").await) })
        })
        .collect();
    for done in sign_ins {
        let why = done.await.unwrap();
        assert!(why.contains("no answer within 200 ms") && why.contains(&url), "{why}");
    }
    let mut connections = 0;
    while let Ok(accepted) = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await {
        accepted.unwrap();
        connections += 1;
    }
    assert_eq!(connections, 1);
    drop(folder);
}

#[tokio::test]
async fn connections_of_the_service_are_used_for_a_minute_without_use_and_ten_with() {
    let wire = Wire::start().await;
    let clock = Clock::manual(0);
    let (settings, _ca) = wire::settings(&[&wire]);
    let directory = open_at(settings, &clock);
    let mut opened = Vec::new();
    for second in [0, 59, 118, 178, 237, 296, 355, 414, 473, 532, 591, 650, 709, 768, 778] {
        clock.set_ms(second * 1_000);
        directory.look_up("joe").await.unwrap();
        opened.push(wire.connections().len());
    }
    assert_eq!(opened, [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
}

#[tokio::test]
async fn an_unknown_name_is_refused_as_late_as_a_wrong_password_was() {
    let (wire, clock) = (Wire::start().await, Clock::manual(0));
    let (settings, _ca) = wire::settings(&[&wire]);
    let directory = Arc::new(open_at(settings, &clock));
    let told = Arc::new(Notify::new());
    wire.on_bind(OnBind::RefuseWhenTold(Arc::clone(&told)));
    let refused = tokio::spawn({
        let directory = Arc::clone(&directory);
        async move { sign_in(&directory, "joe").await }
    });
    while wire.passwords() == 0 {
        tokio::task::yield_now().await;
    }
    clock.set_ms(80);
    told.notify_one();
    assert_eq!(refused.await.unwrap().unwrap_err(), Refusal::Credentials);
    wire.on_search(vec![result(0x65, 0, b"")]);
    let unknown = tokio::spawn(async move { sign_in(&directory, "nobody").await });
    let waits = tokio::time::timeout(Duration::from_secs(30), clock.until_awaited(1)).await;
    assert!(waits.is_ok() && !unknown.is_finished());
    clock.set_ms(158);
    tokio::task::yield_now().await;
    assert!(!unknown.is_finished());
    // A timer's own delay is part of the time.
    clock.set_ms(159);
    assert_eq!(unknown.await.unwrap().unwrap_err(), Refusal::Credentials);
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_leaves_no_connection_half_used() {
    let wire = Wire::start().await;
    let (mut settings, _ca) = wire::settings(&[&wire]);
    settings.connections = 1;
    let directory = open(settings);
    wire.on_search(Vec::new());
    tokio::select! {
        biased;
        _ = directory.look_up("joe") => panic!("no answer came"),
        () = async { while wire.connections().first().is_none_or(|asked| asked.len() < 2) { tokio::task::yield_now().await } } => {}
    }
    wire.on_search(vec![wire::joe(), result(0x65, 0, b"")]);
    assert!(sign_in(&directory, "joe").await.is_ok());
    assert_eq!(wire.connections()[0], ["service", "search"]);
}
