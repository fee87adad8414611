//! No password without TLS, and none to a server that is not trusted.

use std::path::Path;

use zonemint_ldap::{OpenError, ServerUrl};

use super::stand::{misconfigured, open, settings, sign_in, unavailable, with_server};
use crate::support::identity::Identity;
use crate::support::slapd::{SERVICE, Slapd};

#[tokio::test]
async fn ldaps_and_starttls_are_the_same_to_users() {
    let Some(slapd) = Slapd::start("").await else { return };
    for url in [format!("ldap://127.0.0.1:{}", slapd.ldap), format!("ldaps://localhost:{}", slapd.ldaps)] {
        let directory = open(with_server(&url, slapd.ca()));
        assert!(sign_in(&directory, "joe").await.is_ok(), "{url}");
    }
    // OpenLDAP logs the strength of each bound connection.
    let log = slapd.log();
    assert_eq!(log.matches("uid=joe,ou=people,dc=zone,dc=test\" mech=SIMPLE bind_ssf=0 ssf=256").count(), 2, "{log}");
}

#[tokio::test]
async fn a_server_of_another_authority_or_name_is_sent_nothing() {
    let Some(slapd) = Slapd::start("").await else { return };
    let other = tempfile::tempdir().unwrap();
    let ca = other.path().join("ca.pem");
    std::fs::write(&ca, Identity::of_localhost().root).unwrap();
    for url in [format!("ldap://127.0.0.1:{}", slapd.ldap), format!("ldaps://127.0.0.1:{}", slapd.ldaps)] {
        let why = unavailable(sign_in(&open(with_server(&url, ca.clone())), "joe").await);
        assert!(why.contains("invalid peer certificate: ") && why.contains(&url), "{why}");
    }
    let url = format!("ldaps://127.0.0.2:{}", slapd.ldaps);
    unavailable(sign_in(&open(with_server(&url, slapd.ca())), "joe").await);
    assert_eq!(slapd.binds(SERVICE.0), 0);
}

#[tokio::test]
async fn a_server_that_demands_tls_refuses_a_connection_without() {
    let Some(slapd) = Slapd::shared().await else { return };
    let mut settings = settings(slapd);
    let plain = ServerUrl::parse(&format!("ldap://127.0.0.1:{}", slapd.ldap)).unwrap().without_tls().unwrap();
    settings.servers = vec![plain];
    let why = misconfigured(sign_in(&open(settings), "joe").await);
    assert!(why.contains("result 13, the directory demands TLS"), "{why}");
}

#[test]
fn a_file_without_an_authority_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| {
        let settings = with_server("ldaps://127.0.0.1", path.to_owned());
        zonemint_ldap::Directory::open(settings, zonemint::clock::Clock::system()).unwrap_err()
    };
    let path = folder.path().join("ca.pem");
    assert!(matches!(open(&path), OpenError::CaFile { .. }));
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(open(&path), OpenError::NoAuthority { .. }), "{text}");
    }
}
