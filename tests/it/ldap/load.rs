//! Many users at once.

use std::fmt::Write as _;
use std::sync::Arc;

use tokio::task::JoinSet;
use zonemint_ldap::Refusal;

use super::stand::{by_attribute, open, password, settings};
use crate::support::slapd::{SERVICE, Slapd};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_users_sign_in_through_few_connections() {
    let mut people = String::new();
    for number in 0..1_000 {
        let dn = format!("uid=user{number},ou=people,dc=zone,dc=test");
        writeln!(
            people,
            "\ndn: {dn}\nobjectClass: inetOrgPerson\nuid: user{number}\ncn: User\nsn: User\nuserPassword: pass {number}"
        )
        .unwrap();
    }
    let Some(slapd) = Slapd::start(&people).await else { return };
    let mut settings = settings(&slapd);
    settings.groups = Some(by_attribute());
    let directory = Arc::new(open(settings));
    let mut tasks = JoinSet::new();
    for number in 0..1_000 {
        let directory = Arc::clone(&directory);
        tasks.spawn(async move {
            // Each tenth has a typo.
            let typo = if number % 10 == 0 { "!" } else { "" };
            let entry = directory.sign_in(&format!("user{number}"), &password(&format!("pass {number}{typo}"))).await;
            match entry {
                Ok(entry) => assert_eq!((entry.name, typo), (Some(format!("user{number}")), "")),
                Err(refusal) => assert_eq!((refusal, typo), (Refusal::Credentials, "!")),
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let log = slapd.log();
    assert!(slapd.binds(SERVICE.0) <= 4, "connections of the service are used again");
    let is_user = |line: &&str| line.contains("BIND dn=\"uid=user") && line.contains("method=128");
    assert_eq!(log.lines().filter(is_user).count(), 1_000, "each password is sent once");
}
