//! Certificates that a CA issues by ACME: a real order, each time, from Pebble.

pub mod dns;
mod facade;
mod handshake;
pub mod stand;

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;
use zonemint::tls::Challenge;

use self::dns::Says;
use self::facade::Facade;
use self::handshake::{ACME, HTTP, handshake, is_refused_protocol};
use self::stand::{NAMES, Stand, TIMEOUT, pair};
use crate::support::{PASSWORD, Program, TestServer};

/// The extension of RFC 8737 section 3, as DER: id-pe-acmeIdentifier, critical.
const ACME_IDENTIFIER: [u8; 13] = [0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 1, 0x1f, 0x01, 0x01, 0xff];

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_by_tls_alpn_01_and_served() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let server = stand.server(Challenge::TlsAlpn01).await;
    stand.issued(&server, 0).await;
    let pair = pair(&server);
    assert_eq!((pair.is_self_signed, pair.key_mode), (false, 0o600));
    assert!(NAMES.iter().all(|name| pair.names.iter().any(|theirs| theirs == name)), "{pair:?}");
    let account = std::fs::metadata(server.config.tls.folder.join("acme-account.json")).unwrap();
    assert_eq!(account.permissions().mode() & 0o777, 0o600);
    assert!(is_refused_protocol(&handshake(server.port(), NAMES[0], &[ACME], None)), "the order is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_by_http_01_whose_port_answers_nothing_else() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let server = stand.server(Challenge::Http01).await;
    stand.issued(&server, 0).await;
    for path in ["/", "/.well-known/acme-challenge/other", "/healthz", "/api/v3/onezone/user"] {
        let url = format!("http://127.0.0.1:{}{path}", stand.http_port);
        assert_eq!(reqwest::get(url).await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_orders_nothing_and_a_certificate_that_ends_soon_is_renewed() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let server = stand.server(Challenge::TlsAlpn01).await;
    let first = stand.issued(&server, 0).await;
    let server = server.restart().await;
    assert_eq!(stand.issued(&server, 0).await, first);
    server.clock.set_ms((pair(&server).not_after_s - 29 * 86_400) * 1_000);
    let renewed = async { while stand.issued(&server, 0).await == first {} };
    tokio::time::timeout(TIMEOUT, renewed).await.expect("the certificate is renewed");
    server.stop().await;
    assert_eq!(stand.orders(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_server_goes_on_serving_and_tries_again_later() {
    let Some(stand) = Stand::start(Says::NoSuchName).await else { return };
    let server = stand.server(Challenge::TlsAlpn01).await;
    let refused = async {
        while !stand.pebble.log().contains("set INVALID by completed challenge") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, refused).await.expect("the name is looked for in vain");
    assert_eq!(server.send(server.get("/healthz")).await.status, 200);
    assert!(pair(&server).is_self_signed);
    stand.dns.says(Says::Here);
    stand.issued(&server, 60).await;
    assert!(stand.orders() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_wants_to_be_let_be_is_let_be() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let facade = Facade::start(&stand).await;
    facade.limits(Some(7_200));
    let server = TestServer::start_with(|config| {
        stand.settings(config);
        config.tls.acme.directory = facade.directory();
    });
    let server = server.await;
    let from_s = server.now_s();
    facade.asked_for("POST /order").await;
    facade.limits(None);
    stand.issued(&server, 60).await;
    assert!(server.now_s() - from_s >= 7_200);
}

/// Pebble may not know that an order can replace a certificate: then the first try of the renewal fails, and the second does not
/// name it.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_when_its_authority_suggests_it() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let facade = Facade::start(&stand).await;
    let server = TestServer::start_with(|config| {
        stand.settings(config);
        config.tls.acme.directory = facade.directory();
    });
    let server = server.await;
    facade.suggests(server.now_s() + 10 * 86_400);
    let first = stand.issued(&server, 0).await;
    let line = facade.asked_for("GET /renewal/").await;
    assert!(line.split([' ', '/', '.']).filter(|part| part.len() >= 8).count() >= 2, "{line}");
    server.advance_s(11 * 86_400);
    let renewed = async {
        while stand.issued(&server, 0).await == first {
            server.advance_s(60);
        }
    };
    tokio::time::timeout(TIMEOUT, renewed).await.expect("the certificate is renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_order_is_under_way_only_an_authoritys_own_offer_gets_its_answer() {
    let Some(stand) = Stand::start(Says::Silence).await else { return };
    let server = stand.server(Challenge::TlsAlpn01).await;
    let under_way = async {
        loop {
            if let Ok(seen) = handshake(server.port(), NAMES[0], &[ACME], None) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(TIMEOUT, under_way).await.expect("an order is under way");
    assert!(seen.closed && seen.certificate.windows(ACME_IDENTIFIER.len()).any(|bytes| bytes == ACME_IDENTIFIER));
    let seen = handshake(server.port(), NAMES[0], &[ACME, HTTP], None).unwrap();
    assert_eq!(seen.protocol.as_deref(), Some(HTTP.as_bytes()));
    assert!(!seen.certificate.windows(ACME_IDENTIFIER.len()).any(|bytes| bytes == ACME_IDENTIFIER));
    assert!(is_refused_protocol(&handshake(server.port(), "other.test", &[ACME], None)));
    assert_eq!(server.send(server.get("/healthz")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_offers_acme_without_an_order_gets_an_alert() {
    let server = TestServer::start().await;
    assert!(is_refused_protocol(&handshake(server.port(), NAMES[0], &[ACME], None)));
    assert_eq!(server.send(server.get("/healthz")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_wants_an_external_account_gets_it() {
    let key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let more = json!({"externalAccountBindingRequired": true, "externalAccountMACKeys": {"kid-1": key}});
    let Some(stand) = Stand::start_with(Says::Here, more).await else { return };
    let file = stand.pebble.folder.join("mac");
    std::fs::write(&file, key).unwrap();
    let server = TestServer::start_with(|config| {
        stand.settings(config);
        config.tls.acme.external_account = "kid-1".to_owned();
        config.tls.acme.external_account_key = file;
    });
    stand.issued(&server.await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_has_lost_the_account_gets_a_new_one() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let server = stand.server(Challenge::TlsAlpn01).await;
    stand.issued(&server, 0).await;
    let stand = stand.forget_everything().await;
    server.clock.set_ms((pair(&server).not_after_s - 29 * 86_400) * 1_000);
    stand.issued(&server, 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_believed_is_told_with_what_to_check() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let environment = [
        ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
        ("ZONEMINT_TLS__ACME__ENABLED", "true"),
        ("ZONEMINT_TLS__ACME__AGREE_TO_TERMS", "true"),
        ("ZONEMINT_TLS__ACME__NAMES", "zonemint.test"),
        ("ZONEMINT_TLS__ACME__DIRECTORY", &stand.directory()),
    ];
    let program = Program::start_in(tempfile::tempdir().unwrap(), &environment);
    let log = program.folder.path().join("log");
    let told = async {
        while !std::fs::read_to_string(&log).unwrap().contains("tls.acme.root: it must hold the root") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, told).await.expect("the log says what to check");
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("UnknownIssuer") && text.contains("no certificate was issued"), "{text}");
}
