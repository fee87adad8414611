//! Who may sign in as whom.

use zonemint_ldap::{Password, Refusal, UserFilter};

use super::stand::{attribute, misconfigured, open, password, settings, sign_in};
use crate::support::log::Lines;
use crate::support::slapd::{LIMITED, PASSWORD, SERVICE, Slapd};

const JOE: &str = "0c3f5a3e-94a2-103f-8f4b-7d5b1b2c3d4e";

#[tokio::test]
async fn the_right_password_gives_the_entry() {
    let Some(slapd) = Slapd::shared().await else { return };
    let joe = sign_in(&open(settings(slapd)), "joe").await.unwrap();
    assert_eq!(joe.id.to_string(), JOE);
    assert_eq!((joe.name.as_deref(), joe.full_name.as_deref()), (Some("joe"), Some("Joe Doe")));
    assert_eq!((joe.mail.as_deref(), joe.groups), (Some("joe@zone.test"), vec![]));
}

#[tokio::test]
async fn names_of_one_entry_have_one_id() {
    let Some(slapd) = Slapd::shared().await else { return };
    let directory = open(settings(slapd));
    for name in ["JOE", " joe", "joe  ", "Joe"] {
        assert_eq!(directory.look_up(name).await.unwrap().id().to_string(), JOE, "{name:?}");
    }
    let composed = directory.look_up("j\u{f6}rg").await.unwrap().id();
    assert_eq!(directory.look_up("jo\u{308}rg").await.unwrap().id(), composed);
    assert!(sign_in(&directory, "J\u{d6}RG").await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_the_same_refusal() {
    let Some(slapd) = Slapd::start("").await else { return };
    let directory = open(settings(&slapd));
    let wrong = directory.sign_in("eve", &password("wrong")).await.unwrap_err();
    assert_eq!((wrong, slapd.binds("uid=eve,ou=people,dc=zone,dc=test")), (Refusal::Credentials, 1));
    for name in ["nobody", "nopassword", "locked"] {
        assert_eq!(sign_in(&directory, name).await.unwrap_err(), Refusal::Credentials, "{name}");
    }
    assert!(sign_in(&directory, "eve").await.is_ok());
}

#[tokio::test]
async fn names_are_no_filters() {
    let Some(slapd) = Slapd::shared().await else { return };
    let directory = open(settings(slapd));
    for name in
        ["*", "jo*", "joe)(objectClass=*", "*)(uid=*))(|(uid=*", r"joe\2a", r"\6a\6f\65", "joe)", "(joe", "{name}"]
    {
        assert_eq!(sign_in(&directory, name).await.unwrap_err(), Refusal::Credentials, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_name_is_not_searched_for() {
    let Some(slapd) = Slapd::start("").await else { return };
    let directory = open(settings(&slapd));
    for name in ["", "joe\0", "joe\n", "jo\u{85}e", &"x".repeat(257)] {
        assert_eq!(sign_in(&directory, name).await.unwrap_err(), Refusal::Credentials, "{name:?}");
    }
    assert_eq!(slapd.binds(SERVICE.0), 0, "nothing was asked");
}

#[tokio::test]
async fn an_empty_password_cannot_be_sent() {
    assert!(Password::new("").is_none() && Password::new("\0").is_none());
    let Some(slapd) = Slapd::shared().await else { return };
    // A blank is a password.
    assert_eq!(open(settings(slapd)).sign_in("ann", &password(" ")).await.unwrap_err(), Refusal::Credentials);
}

#[tokio::test]
async fn one_name_with_two_entries_is_refused_and_neither_is_asked() {
    let Some(slapd) = Slapd::start("").await else { return };
    let directory = open(settings(&slapd));
    assert_eq!(sign_in(&directory, "twin").await.unwrap_err(), Refusal::Ambiguous);
    // A service account that is sent one of them does not know which.
    let limited = open(zonemint_ldap::Settings { bind_dn: LIMITED.to_owned(), ..settings(&slapd) });
    assert_eq!(sign_in(&limited, "twin").await.unwrap_err(), Refusal::Ambiguous);
    assert!(sign_in(&limited, "joe").await.is_ok());
    assert!(!slapd.log().contains("BIND dn=\"uid=twin"));
}

#[tokio::test]
async fn a_dn_with_special_letters_is_bound_as_it_is() {
    let Some(slapd) = Slapd::shared().await else { return };
    let ann = sign_in(&open(settings(slapd)), "ann").await.unwrap();
    assert_eq!(ann.full_name.as_deref(), Some(r"Ann, (the *first*) \2a"));
}

#[tokio::test]
async fn a_guid_is_a_stable_id_whatever_its_bytes() {
    let Some(slapd) = Slapd::shared().await else { return };
    let mut settings = settings(slapd);
    settings.attributes.id = attribute("objectguid");
    let directory = open(settings);
    for (name, id) in [("joe", "12345678-9abc-def0-0123-456789abcdef"), ("ann", "33323130-3534-3736-3839-616263646566")]
    {
        let entry = sign_in(&directory, name).await.unwrap();
        assert_eq!(entry.id.to_string(), id);
        assert_eq!(directory.find(entry.id).await.unwrap().unwrap().name.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn an_entry_without_a_stable_id_is_a_fault_of_the_settings() {
    let Some(slapd) = Slapd::shared().await else { return };
    let why = misconfigured(sign_in(&open(settings(slapd)), "hidden").await);
    assert!(why.contains("uid=hidden") && why.contains("entryUUID"), "{why}");
    let mut settings = settings(slapd);
    settings.attributes.id = attribute("mail");
    let why = misconfigured(sign_in(&open(settings), "joe").await);
    assert!(why.contains("mail, the stable id, has no UUID"), "{why}");
}

#[tokio::test]
async fn several_attributes_may_hold_the_name() {
    let Some(slapd) = Slapd::shared().await else { return };
    let mut settings = settings(slapd);
    settings.user_filter = UserFilter::parse("(|(uid={name})(mail={name}))").unwrap();
    let directory = open(settings);
    assert_eq!(sign_in(&directory, "doe@zone.test").await.unwrap().id.to_string(), JOE);
    assert_eq!(sign_in(&directory, "joe").await.unwrap().id.to_string(), JOE);
}

#[tokio::test]
async fn settings_that_do_not_fit_the_directory_are_told_to_the_administrator() {
    let Some(slapd) = Slapd::start("").await else { return };
    let with = |change: fn(&mut zonemint_ldap::Settings)| {
        let mut settings = settings(&slapd);
        change(&mut settings);
        open(settings)
    };
    let wrong = with(|settings| settings.bind_password = password("wrong"));
    let why = misconfigured(sign_in(&wrong, "joe").await);
    assert!(why.contains(SERVICE.0) && why.contains("result 49"), "{why}");
    // It is not tried at each sign-in: that would lock the account.
    assert_eq!(misconfigured(sign_in(&wrong, "joe").await), why);
    assert_eq!(slapd.binds(SERVICE.0), 1);
    let why = misconfigured(sign_in(&with(|settings| settings.base = "ou=no,dc=zone,dc=test".to_owned()), "joe").await);
    assert!(why.contains("ou=no") && why.contains("result 32"), "{why}");
    let elsewhere = with(|settings| settings.base = "ou=branch,ou=people,dc=zone,dc=test".to_owned());
    let why = misconfigured(sign_in(&elsewhere, "joe").await);
    assert!(why.contains("result 10") && why.contains("referrals are not followed"), "{why}");
}

#[tokio::test]
async fn nothing_that_is_logged_or_printed_has_a_password() {
    let Some(slapd) = Slapd::shared().await else { return };
    let (lines, _guard) = Lines::capture();
    let settings = settings(slapd);
    assert_eq!(format!("{settings:?}"), "Settings");
    let directory = open(settings);
    let candidate = directory.look_up("joe").await.unwrap();
    assert!(format!("{candidate:?} {directory:?}").contains(JOE));
    candidate.bind(&password(PASSWORD)).await.unwrap();
    directory.sign_in("ann", &password("a secret typo")).await.unwrap_err();
    sign_in(&directory, "a secret name").await.unwrap_err();
    let text = lines.text();
    assert!(text.contains("the directory refuses a sign-in"), "{text}");
    for secret in [PASSWORD, SERVICE.1, "secret"] {
        assert!(!text.contains(secret), "{text}");
    }
}
