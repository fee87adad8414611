//! Settings for the tests' directory.

use std::path::PathBuf;
use std::time::Duration;

use zonemint::clock::Clock;
use zonemint_ldap::{
    AttributeName, Attributes, Directory, Entry, Failure, GroupFilter, Groups, Password, Refusal, ServerUrl, Settings,
    UserFilter,
};

use crate::support::slapd::{PASSWORD, SERVICE, Slapd};

/// Where groups are.
pub const GROUPS: &str = "ou=groups,dc=zone,dc=test";

/// What most tests use: ldaps, no groups, and names by `uid`.
pub fn settings(slapd: &Slapd) -> Settings {
    with_server(&format!("ldaps://127.0.0.1:{}", slapd.ldaps), slapd.ca())
}

/// The same for any server.
pub fn with_server(url: &str, ca: PathBuf) -> Settings {
    Settings {
        servers: vec![ServerUrl::parse(url).unwrap()],
        ca,
        bind_dn: SERVICE.0.to_owned(),
        bind_password: password(SERVICE.1),
        base: "ou=people,dc=zone,dc=test".to_owned(),
        user_filter: UserFilter::parse("(&(objectClass=inetOrgPerson)(uid={name}))").unwrap(),
        attributes: Attributes {
            id: attribute("entryUUID"),
            name: attribute("uid"),
            full_name: attribute("cn"),
            mail: attribute("mail"),
        },
        groups: None,
        connections: 4,
        // A test that waits for either has failed, unless it sets them.
        connect_timeout: Duration::from_secs(30),
        operation_timeout: Duration::from_secs(30),
    }
}

pub fn by_attribute() -> Groups {
    Groups::Attribute { attribute: attribute("memberOf"), base: GROUPS.to_owned() }
}

pub fn by_search(filter: &str) -> Groups {
    Groups::Search { base: GROUPS.to_owned(), filter: GroupFilter::parse(filter).unwrap() }
}

pub fn open(settings: Settings) -> Directory {
    Directory::open(settings, Clock::system()).unwrap()
}

pub fn attribute(name: &str) -> AttributeName {
    AttributeName::parse(name).unwrap()
}

pub fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// Signs in with the password that most have.
pub async fn sign_in(directory: &Directory, name: &str) -> Result<Entry, Refusal> {
    directory.sign_in(name, &password(PASSWORD)).await
}

/// What an administrator reads of a fault of the settings.
pub fn misconfigured<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> String {
    match outcome {
        Err(Refusal::Failure(Failure::Misconfigured(why))) => why,
        other => panic!("{other:?}"),
    }
}

/// The same when no server answers.
pub fn unavailable<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> String {
    match outcome {
        Err(Refusal::Failure(Failure::Unavailable(why))) => why,
        other => panic!("{other:?}"),
    }
}
