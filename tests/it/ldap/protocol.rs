//! A server that answers wrongly, or not at all.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zonemint::clock::Clock;
use zonemint_ldap::{Directory, Failure, Refusal};

use super::stand::{by_attribute, by_search, misconfigured, open, password, sign_in, unavailable, with_server};
use super::wire::{ID, OnBind, Wire, entry, joe, result, settings, tlv};
use crate::support::identity::Identity;
use crate::support::log::Lines;

#[tokio::test]
async fn a_password_whose_answer_is_missing_is_sent_to_nobody_else() {
    let half = tlv(0x61, &tlv(0x0a, &[0]));
    for on_bind in [OnBind::Close, OnBind::Silence, OnBind::Answer(half)] {
        let (first, second) = (Wire::start().await, Wire::start().await);
        first.on_bind(on_bind);
        let (mut settings, _ca) = settings(&[&first, &second]);
        settings.operation_timeout = Duration::from_secs(2);
        let directory = open(settings);
        let why = unavailable(sign_in(&directory, "joe").await);
        assert!(why.contains(&first.url().to_string()), "{why}");
        assert_eq!((first.passwords(), second.passwords()), (1, 0));
        // The server is asked again at once: others' passwords may be answered.
        first.on_bind(OnBind::Answer(result(0x61, 0, b"")));
        assert!(sign_in(&directory, "joe").await.is_ok());
        assert_eq!((first.passwords(), second.passwords()), (2, 0));
    }
}

#[tokio::test]
async fn a_connection_of_a_user_does_one_bind_and_that_of_the_service_none_of_a_user() {
    let wire = Wire::start().await;
    let (settings, _ca) = settings(&[&wire]);
    let directory = open(settings);
    for _ in 0..2 {
        assert!(sign_in(&directory, "joe").await.is_ok());
    }
    wire.on_bind(OnBind::Answer(result(0x61, 49, b"")));
    assert_eq!(sign_in(&directory, "joe").await.unwrap_err(), Refusal::Credentials);
    assert!(directory.find(ID.parse().unwrap()).await.unwrap().is_some());
    let service = vec!["service", "search", "search", "search", "search"];
    assert_eq!(wire.connections(), [service, vec!["user"], vec!["user"], vec!["user"]]);
}

#[tokio::test]
async fn what_the_library_cannot_read_is_no_answer_and_ends_no_request() {
    let broken_results = [
        tlv(0x61, b""),
        tlv(0x61, &[tlv(2, &[0]), tlv(4, b""), tlv(4, b"")].concat()),
        result(0x61, 0, b"\xff is no UTF-8"),
        tlv(0x04, b"text"),
    ];
    for broken in broken_results {
        let wire = Wire::start().await;
        wire.on_bind(OnBind::Answer(broken));
        let (settings, _ca) = settings(&[&wire]);
        unavailable(sign_in(&open(settings), "joe").await);
    }
    for broken in [tlv(0x64, b""), tlv(0x64, &tlv(4, b"\xff")), tlv(0x61, b""), result(0x65, 0, b"\xff")] {
        let wire = Wire::start().await;
        wire.on_search(vec![broken, result(0x65, 0, b"")]);
        let (settings, _ca) = settings(&[&wire]);
        unavailable(sign_in(&open(settings), "joe").await);
        assert_eq!(wire.passwords(), 0);
    }
}

#[tokio::test]
async fn an_answer_counts_although_the_server_closes_with_it() {
    let wire = Wire::start().await;
    let (settings, _ca) = settings(&[&wire]);
    let directory = open(settings);
    for _ in 0..50 {
        wire.on_bind(OnBind::AnswerAndClose(result(0x61, 49, b"")));
        assert_eq!(sign_in(&directory, "joe").await.unwrap_err(), Refusal::Credentials);
    }
}

#[tokio::test]
async fn an_entry_too_large_to_be_read_is_no_trouble_for_others() {
    let wire = Wire::start().await;
    let (mut settings, _ca) = settings(&[&wire]);
    settings.connections = 1;
    let directory = open(settings);
    let large = entry("uid=joe", &[("entryUUID", ID), ("cn", &"x".repeat(5 << 20))]);
    wire.on_search(vec![large, result(0x65, 0, b"")]);
    unavailable(sign_in(&directory, "joe").await);
    wire.on_search(vec![joe(), result(0x65, 0, b"")]);
    assert!(sign_in(&directory, "joe").await.is_ok());
}

#[tokio::test]
async fn a_server_that_leaves_a_search_unanswered_is_left_alone() {
    let (wire, clock) = (Wire::start().await, Clock::manual(0));
    let (mut settings, _ca) = settings(&[&wire]);
    settings.operation_timeout = Duration::from_secs(2);
    let directory = Directory::open(settings, clock.clone()).unwrap();
    wire.on_search(Vec::new());
    let why = unavailable(sign_in(&directory, "joe").await);
    wire.on_search(vec![joe(), result(0x65, 0, b"")]);
    assert_eq!(unavailable(sign_in(&directory, "joe").await), why);
    assert_eq!(wire.connections(), [["service", "search"]]);
    clock.set_ms(5_000);
    assert!(sign_in(&directory, "joe").await.is_ok());
}

#[tokio::test]
async fn who_finds_no_free_connection_in_time_is_told() {
    // The first sign-in waits for both, one after the other.
    let (first, second) = (Wire::start().await, Wire::start().await);
    let (mut settings, _ca) = settings(&[&first, &second]);
    (settings.connections, settings.operation_timeout) = (1, Duration::from_secs(1));
    first.on_search(Vec::new());
    second.on_search(Vec::new());
    let directory = open(settings);
    let (one, other) = tokio::join!(biased; sign_in(&directory, "joe"), sign_in(&directory, "joe"));
    assert!(unavailable(one).contains("no answer within 1000 ms"));
    assert!(unavailable(other).contains("all 1 connections are in use"));
}

#[tokio::test]
async fn a_second_name_of_a_group_gives_nothing() {
    let wire = Wire::start().await;
    let (mut settings, _ca) = settings(&[&wire]);
    settings.groups = Some(by_search("(member={dn})"));
    let directory = open(settings);
    let candidate = directory.look_up("joe").await.unwrap();
    let two = [("cn", "b"), ("cn", "admins")];
    let groups = ["cn=a,ou=groups", "ou=b,ou=groups", "ou=c,ou=groups"];
    let groups = [entry(groups[0], &[("cn", "admins")]), entry(groups[1], &two), entry(groups[2], &[("CN", "c")])];
    wire.on_search([&groups[..], &[result(0x65, 0, b"")]].concat());
    assert_eq!(candidate.bind(&password("any")).await.unwrap().groups, ["a", "c"]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_bound_as_is_not_bound_as() {
    let wire = Wire::start().await;
    let (settings, _ca) = settings(&[&wire]);
    let directory = open(settings);
    let done = || result(0x65, 0, b"");
    // A server that ignores the limit.
    wire.on_search(vec![joe(), joe(), joe(), done()]);
    assert_eq!(sign_in(&directory, "joe").await.unwrap_err(), Refusal::Ambiguous);
    // The limit of the server is reached, although one entry came, or none.
    for entries in [vec![joe()], vec![]] {
        wire.on_search([entries, vec![result(0x65, 4, b"")]].concat());
        assert_eq!(sign_in(&directory, "joe").await.unwrap_err(), Refusal::Ambiguous);
    }
    // The root of the directory: a bind without a name verifies nothing.
    wire.on_search(vec![entry("", &[("entryUUID", ID)]), done()]);
    assert!(misconfigured(sign_in(&directory, "joe").await).contains("the root of the directory"));
    for id in ["", "no uuid", "0c3f5a3e94a2103f8f4b7d5b1b2c3d4e"] {
        wire.on_search(vec![entry("uid=joe", &[("entryUUID", id)]), done()]);
        assert!(misconfigured(sign_in(&directory, "joe").await).contains("stable id"));
    }
    assert_eq!(wire.passwords(), 0);
}

#[tokio::test]
async fn groups_of_which_a_part_came_are_a_fault_of_the_settings() {
    let wire = Wire::start().await;
    let attributes = [("entryUUID", ID), ("memberOf;range=0-1499", "cn=staff,ou=groups,dc=zone,dc=test")];
    wire.on_search(vec![entry("uid=joe", &attributes), result(0x65, 0, b"")]);
    let (mut settings, _ca) = settings(&[&wire]);
    settings.groups = Some(by_attribute());
    assert!(misconfigured(sign_in(&open(settings), "joe").await).contains("only a part of memberOf"));
}

#[tokio::test]
async fn referrals_are_read_and_not_followed() {
    let (wire, other) = (Wire::start().await, Wire::start().await);
    let (settings, _ca) = settings(&[&wire]);
    let directory = open(settings);
    let there = other.url().to_string();
    let reference = tlv(0x73, &tlv(4, there.as_bytes()));
    wire.on_search(vec![reference.clone(), joe(), reference, result(0x65, 0, b"")]);
    assert!(sign_in(&directory, "joe").await.is_ok());
    let referral = |tag| {
        let refs = tlv(0xa3, &tlv(4, there.as_bytes()));
        tlv(tag, &[tlv(0x0a, &[10]), tlv(4, b""), tlv(4, b""), refs].concat())
    };
    wire.on_bind(OnBind::Answer(referral(0x61)));
    assert!(misconfigured(sign_in(&directory, "joe").await).contains("referrals are not followed"));
    wire.on_search(vec![referral(0x65)]);
    assert!(misconfigured(sign_in(&directory, "joe").await).contains("referrals are not followed"));
    assert!(other.connections().is_empty());
}

#[tokio::test]
async fn a_refusal_of_active_directory_is_logged_with_its_reason() {
    let wire = Wire::start().await;
    let text = b"80090308: LdapErr: DSID-0C09042F, comment: AcceptSecurityContext error, data 775, v4563\0";
    wire.on_bind(OnBind::Answer(result(0x61, 49, text)));
    let (settings, _ca) = settings(&[&wire]);
    let (lines, _guard) = Lines::capture();
    assert_eq!(sign_in(&open(settings), "joe").await.unwrap_err(), Refusal::Credentials);
    assert!(lines.text().contains("the account is locked"), "{}", lines.text());
}

#[tokio::test]
async fn what_other_directories_answer_to_locked_accounts_is_a_refusal_and_trouble_is_not() {
    let wire = Wire::start().await;
    let (settings, _ca) = settings(&[&wire]);
    let directory = open(settings);
    for code in [19, 32, 48, 49, 53] {
        wire.on_bind(OnBind::Answer(result(0x61, code, b"")));
        assert_eq!(sign_in(&directory, "joe").await.unwrap_err(), Refusal::Credentials, "{code}");
    }
    for code in [1, 3, 51, 52, 80] {
        wire.on_bind(OnBind::Answer(result(0x61, code, b"")));
        let outcome = sign_in(&directory, "joe").await;
        assert!(matches!(outcome, Err(Refusal::Failure(Failure::Unavailable(_)))), "{code}");
    }
    for code in [2, 7, 8, 13, 34, 50, 14, 123] {
        wire.on_bind(OnBind::Answer(result(0x61, code, b"")));
        misconfigured(sign_in(&directory, "joe").await);
    }
}

/// A server that says `answer` to the first 31 bytes, and returns what else came.
async fn starttls_server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    let rest = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 31];
        stream.read_exact(&mut request).await.unwrap();
        assert!(request.ends_with(b"1.3.6.1.4.1.1466.20037"));
        stream.write_all(answer).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest
    });
    (url, rest)
}

#[tokio::test]
async fn a_server_without_starttls_is_sent_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, Identity::of_localhost().root).unwrap();
    // What the library's own parser would follow to the end of the stack, were it not read here.
    let deep: &'static [u8] = {
        let levels: u32 = 200_000;
        let level = |inside: u32| [&[0x30, 0x84][..], &(inside * 6).to_be_bytes()].concat();
        Vec::leak((0..levels).rev().flat_map(level).collect())
    };
    for (answer, why) in [
        (&b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"[..], "the server offers no StartTLS (result 2)"),
        (&b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"[..], "the server offers no StartTLS (result 52)"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "something else than LDAP"),
        (deep, "something else than LDAP"),
    ] {
        let (url, rest) = starttls_server(answer).await;
        let text = unavailable(sign_in(&open(with_server(&url, ca.clone())), "joe").await);
        assert!(text.contains(why), "{text}");
        assert_eq!(rest.await.unwrap(), b"");
    }
}

#[tokio::test]
async fn a_server_that_goes_on_without_tls_gets_a_handshake_and_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, Identity::of_localhost().root).unwrap();
    // StartTLS succeeds, and an answer to a bind that was not made follows.
    let answer = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\
        \x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
    let (url, rest) = starttls_server(answer).await;
    unavailable(sign_in(&open(with_server(&url, ca)), "joe").await);
    let rest = rest.await.unwrap();
    // A TLS record with a handshake, and perhaps one with an alert.
    assert_eq!(&rest[..2], [0x16, 3]);
    assert!(!rest.windows(7).any(|part| part == b"service"), "{rest:?}");
}
