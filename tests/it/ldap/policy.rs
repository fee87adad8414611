//! Passwords that the directory's policy refuses: the reason is for the log.

use zonemint_ldap::Refusal;

use super::stand::{open, password, settings, sign_in};
use crate::support::log::Lines;
use crate::support::slapd::Slapd;

#[tokio::test]
async fn locked_expired_and_reset_passwords_are_refused_as_wrong_ones_and_logged() {
    let Some(slapd) = Slapd::start("").await else { return };
    let directory = open(settings(&slapd));
    for (name, reason) in [
        ("locked", "the account is locked"),
        ("expired", "the password has expired"),
        // This bind succeeds, and the directory lets the user change the password and nothing else.
        ("reset", "must be changed first"),
    ] {
        let (lines, _guard) = Lines::capture();
        assert_eq!(sign_in(&directory, name).await.unwrap_err(), Refusal::Credentials, "{name}");
        let text = lines.text();
        assert!(text.contains(reason) && text.contains(&format!("uid={name},ou=people")), "{text}");
    }
}

#[tokio::test]
async fn a_grace_login_is_let_in_and_logged() {
    let Some(slapd) = Slapd::start("").await else { return };
    let (lines, _guard) = Lines::capture();
    assert!(sign_in(&open(settings(&slapd)), "grace").await.is_ok());
    assert!(lines.text().contains("a grace login was used up"), "{}", lines.text());
}

#[tokio::test]
async fn each_wrong_password_counts_once_for_the_directorys_lockout() {
    let Some(slapd) = Slapd::start("").await else { return };
    let directory = open(settings(&slapd));
    for _ in 0..2 {
        directory.sign_in("eve", &password("wrong")).await.unwrap_err();
    }
    assert!(sign_in(&directory, "eve").await.is_ok(), "two of three");
    for _ in 0..3 {
        directory.sign_in("eve", &password("wrong")).await.unwrap_err();
    }
    assert_eq!(sign_in(&directory, "eve").await.unwrap_err(), Refusal::Credentials);
    assert_eq!(slapd.binds("uid=eve,ou=people,dc=zone,dc=test"), 7);
}
