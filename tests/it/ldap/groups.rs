//! Groups, by attribute and by search.

use zonemint_ldap::Groups;

use super::stand::{attribute, by_attribute, by_search, misconfigured, open, settings, sign_in};
use crate::support::slapd::Slapd;

async fn groups(slapd: &Slapd, groups: Groups, name: &str) -> Vec<String> {
    let mut settings = settings(slapd);
    settings.groups = Some(groups);
    sign_in(&open(settings), name).await.unwrap().groups
}

#[tokio::test]
async fn names_with_commas_are_whole_either_way() {
    let Some(slapd) = Slapd::shared().await else { return };
    // Ann's DN has a comma, parentheses, stars and a backslash.
    for name in ["joe", "ann"] {
        for kind in
            [by_attribute(), by_search("(member={dn})"), by_search("(&(objectClass=groupOfNames)(member={dn}))")]
        {
            assert_eq!(groups(slapd, kind, name).await, ["Data, Berlin", "staff"], "{name}");
        }
    }
    assert!(groups(slapd, by_attribute(), "eve").await.is_empty());
}

#[tokio::test]
async fn groups_of_other_folders_do_not_count() {
    let Some(slapd) = Slapd::shared().await else { return };
    let everywhere = Groups::Attribute { attribute: attribute("memberof"), base: "DC=Zone, DC=test".to_owned() };
    assert_eq!(groups(slapd, everywhere, "joe").await, ["Data, Berlin", "admins", "staff"]);
    let elsewhere =
        Groups::Attribute { attribute: attribute("memberOf"), base: "ou=elsewhere,dc=zone,dc=test".to_owned() };
    assert_eq!(groups(slapd, elsewhere, "joe").await, ["admins"]);
}

#[tokio::test]
async fn a_part_of_the_groups_is_a_refusal() {
    let Some(slapd) = Slapd::shared().await else { return };
    assert_eq!(groups(slapd, by_attribute(), "many").await.len(), 11);
    let mut settings = settings(slapd);
    settings.groups = Some(by_search("(member={dn})"));
    let why = misconfigured(sign_in(&open(settings), "many").await);
    assert!(why.contains("size limit"), "{why}");
}

#[tokio::test]
async fn an_attribute_misses_who_came_after_the_group_and_a_search_does_not() {
    let Some(slapd) = Slapd::start("").await else { return };
    let late = "uid=late,ou=people,dc=zone,dc=test";
    slapd.add(&format!(
        "dn: cn=early,ou=groups,dc=zone,dc=test\nobjectClass: groupOfNames\ncn: early\nmember: {late}\n"
    ));
    slapd.add(&format!(
        "dn: {late}\nobjectClass: inetOrgPerson\nuid: late\ncn: Late\nsn: Late\nuserPassword: correct horse\n"
    ));
    assert!(groups(&slapd, by_attribute(), "late").await.is_empty());
    assert_eq!(groups(&slapd, by_search("(member={dn})"), "late").await, ["early"]);
}
