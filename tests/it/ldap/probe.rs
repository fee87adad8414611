//! What an administrator is told about each server.

use zonemint_ldap::{Facts, Failure, ServerUrl, UserFilter};

use super::stand::{attribute, by_search, open, settings};
use crate::support::process::free_port;
use crate::support::slapd::Slapd;

#[tokio::test]
async fn each_server_is_asked_for_itself() {
    let Some(slapd) = Slapd::shared().await else { return };
    let mut settings = settings(slapd);
    settings.groups = Some(by_search("(member={dn})"));
    settings.servers.push(ServerUrl::parse(&format!("ldaps://127.0.0.1:{}", free_port())).unwrap());
    let [up, down] = open(settings).probe().await.try_into().unwrap();
    let facts = up.outcome.unwrap();
    assert_eq!(facts.unknown_attributes, Some(vec![]));
    assert_eq!((facts.users, facts.size_limit), (10, Some(10)), "the directory's limit");
    assert!(matches!(down.outcome, Err(Failure::Unavailable(_))), "{down:?}");
}

#[tokio::test]
async fn attributes_that_no_schema_has_and_missing_ids_are_told() {
    let Some(slapd) = Slapd::shared().await else { return };
    let mut settings = settings(slapd);
    settings.user_filter = UserFilter::parse("(&(uid=hidden)(|(uid={name})(sAMAccountName={name})))").unwrap();
    settings.attributes.full_name = attribute("displayname");
    settings.attributes.mail = attribute("otherMailbox2");
    let [report] = open(settings).probe().await.try_into().unwrap();
    let unknown_attributes = Some(vec!["otherMailbox2".to_owned(), "sAMAccountName".to_owned()]);
    let expected = Facts { unknown_attributes, users: 1, without_id: 1, size_limit: None };
    assert_eq!(report.outcome, Ok(expected));
}

#[tokio::test]
async fn a_base_that_is_not_there_is_told() {
    let Some(slapd) = Slapd::shared().await else { return };
    for base_of_groups in [true, false] {
        let mut settings = settings(slapd);
        let nowhere = "ou=nowhere,dc=zone,dc=test".to_owned();
        if base_of_groups {
            settings.groups =
                Some(zonemint_ldap::Groups::Attribute { attribute: attribute("memberOf"), base: nowhere });
        } else {
            settings.base = nowhere;
        }
        let [report] = open(settings).probe().await.try_into().unwrap();
        assert!(
            matches!(&report.outcome, Err(Failure::Misconfigured(why)) if why.contains("nowhere") && why.contains("result 32")),
            "{report:?}"
        );
    }
}
