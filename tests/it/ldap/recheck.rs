//! Entries that are read again by their ids.

use zonemint_ldap::{Failure, UserFilter};

use super::stand::{attribute, by_attribute, by_search, open, settings};
use crate::support::slapd::{SERVICE, Slapd};

#[tokio::test]
async fn an_entry_is_found_by_its_id_wherever_it_is_with_its_groups_of_now() {
    let Some(slapd) = Slapd::start("").await else { return };
    for groups in [by_attribute(), by_search("(member={dn})")] {
        let mut settings = settings(&slapd);
        settings.groups = Some(groups);
        let directory = open(settings);
        let id = directory.look_up("ann").await.unwrap().id();
        assert_eq!(directory.find(id).await.unwrap().unwrap().groups, ["Data, Berlin", "staff"]);
    }
    let mut settings = settings(&slapd);
    settings.groups = Some(by_attribute());
    let directory = open(settings);
    let id = directory.look_up("joe").await.unwrap().id();
    slapd.modify(
        "dn: cn=staff,ou=groups,dc=zone,dc=test\nchangetype: modify\ndelete: member\n\
         member: uid=joe,ou=people,dc=zone,dc=test\n\n\
         dn: uid=joe,ou=people,dc=zone,dc=test\nchangetype: modrdn\nnewrdn: uid=joseph\ndeleteoldrdn: 1\n\
         newsuperior: ou=visitors,ou=people,dc=zone,dc=test\n",
    );
    let joe = directory.find(id).await.unwrap().unwrap();
    assert_eq!((joe.name.as_deref(), joe.id), (Some("joseph"), id));
    assert_eq!(joe.groups, ["Data, Berlin"]);
}

#[tokio::test]
async fn who_is_gone_or_let_in_no_more_is_not_found() {
    let Some(slapd) = Slapd::start("").await else { return };
    let mut settings = settings(&slapd);
    let staff = "(&(memberOf=cn=staff,ou=groups,dc=zone,dc=test)(uid={name}))";
    settings.user_filter = UserFilter::parse(staff).unwrap();
    let directory = open(settings);
    let (joe, ann) = (directory.look_up("joe").await.unwrap().id(), directory.look_up("ann").await.unwrap().id());
    slapd.modify(
        "dn: cn=staff,ou=groups,dc=zone,dc=test\nchangetype: modify\ndelete: member\n\
         member: uid=joe,ou=people,dc=zone,dc=test\n",
    );
    assert_eq!(directory.find(joe).await, Ok(None), "no member of the staff");
    assert!(directory.find(ann).await.unwrap().is_some());
    slapd.modify("dn: uid=joe,ou=people,dc=zone,dc=test\nchangetype: delete\n");
    assert_eq!(directory.find(joe).await, Ok(None), "deleted");
}

#[tokio::test]
async fn a_directory_in_which_nobody_can_be_seen_has_lost_nobody() {
    let Some(slapd) = Slapd::start("").await else { return };
    let id = open(settings(&slapd)).look_up("joe").await.unwrap().id();
    // The schema has no such attribute, so a search for it finds nobody, and says nothing.
    let mut settings = settings(&slapd);
    settings.user_filter = UserFilter::parse("(sAMAccountName={name})").unwrap();
    let outcome = open(settings).find(id).await;
    assert!(
        matches!(&outcome, Err(Failure::Misconfigured(why)) if why.contains("nobody below ou=people")),
        "{outcome:?}"
    );
    let mut settings = self::settings(&slapd);
    settings.attributes.id = attribute("ipaUniqueID");
    assert!(matches!(open(settings).find(id).await, Err(Failure::Misconfigured(_))));
    assert!(slapd.binds(SERVICE.0) > 0);
}
