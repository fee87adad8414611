//! Groups of users, and the routes that need them.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use crate::caveat::HttpPattern;
use crate::model::{SubjectKind, User, UserId, UserName};

const USER: &str = "usr-";
const SERVICE: &str = "prv-";
/// Why somebody is refused who could be let through.
pub(in crate::http) const NO_GROUP: &str = "you are in none of the groups that this needs";

/// Groups and routes, read. Without any, whoever has a good token passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Each with its members, by name or as [`named`] has them.
    groups: BTreeMap<String, BTreeSet<String>>,
    routes: Vec<Route>,
}

/// How a group names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A user, by name.
    Name(UserName),
    /// A user or a service, by its id.
    Id(UserId),
}

impl Member {
    fn parse(text: impl AsRef<str>) -> Option<Self> {
        let text = text.as_ref();
        let id = text.strip_prefix(USER).or_else(|| text.strip_prefix(SERVICE)).and_then(|id| id.parse().ok());
        id.map(Self::Id).or_else(|| UserName::parse(text).ok().map(Self::Name))
    }
}

/// Requests for a path need one of some groups.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    /// In lower case; every host if there is none.
    host: Option<String>,
    pattern: HttpPattern,
    groups: Vec<String>,
}

/// What is wrong with groups or routes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Not a group.
    #[error(
        "\"{0}\" is not a group and its members, as in \"staff = alice bob\": each a user's name, or \"usr-\" or \"prv-\" and an id"
    )]
    Group(String),
    /// A name for two groups.
    #[error("there are two groups called \"{0}\"")]
    Twice(String),
    /// Not a route.
    #[error(
        "\"{0}\" is not a route and the groups of which it needs one, as in \"wiki.example.org/admin/* = staff\": a host or \
         none, a path that is percent-encoded where it must be, and groups"
    )]
    Route(String),
    /// A group that there is not.
    #[error("\"{route}\" needs the group \"{group}\", which forward_auth.groups does not list")]
    NoGroup {
        /// The route as it was given.
        route: String,
        /// The group.
        group: String,
    },
}

impl GateError {
    /// The setting that it is about.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Group(_) | Self::Twice(_) => "forward_auth.groups",
            Self::Route(_) | Self::NoGroup { .. } => "forward_auth.routes",
        }
    }
}

impl Gate {
    /// Reads groups, then routes.
    ///
    /// # Errors
    /// [`GateError`] names the first entry that is not right, and says why.
    pub fn parse(groups: &[String], routes: &[String]) -> Result<Self, GateError> {
        let mut gate = Self::default();
        for entry in groups {
            let (name, members) = group(entry).ok_or_else(|| GateError::Group(entry.clone()))?;
            if gate.groups.insert(name.clone(), members).is_some() {
                return Err(GateError::Twice(name));
            }
        }
        for entry in routes {
            let route = route(entry).ok_or_else(|| GateError::Route(entry.clone()))?;
            if let Some(group) = route.groups.iter().find(|group| !gate.groups.contains_key(*group)) {
                return Err(GateError::NoGroup { route: entry.clone(), group: group.clone() });
            }
            gate.routes.push(route);
        }
        Ok(gate)
    }

    /// Everybody who is in a group: the group's name, and the user as [`Member`] tells.
    pub fn members(&self) -> impl Iterator<Item = (&str, Member)> {
        let each = |(group, members): (_, &BTreeSet<String>)| {
            members.iter().filter_map(Member::parse).map(move |member| (group, member)).collect::<Vec<_>>()
        };
        self.groups.iter().map(|(group, members)| (group.as_str(), members)).flat_map(each)
    }

    /// The groups of a user, in the order of their names.
    pub(in crate::http) fn groups_of(&self, user: &User) -> Vec<&str> {
        let subject = named(user);
        let is_in = |members: &BTreeSet<String>| {
            members.contains(&subject) || user.name.as_ref().is_some_and(|name| members.contains(name.as_str()))
        };
        self.groups.iter().filter(|(_, members)| is_in(members)).map(|(name, _)| name.as_str()).collect()
    }

    /// Whether somebody in these groups may ask for this: each route that it is on must have one of them.
    ///
    /// # Errors
    /// Why not. What is not known, or could be read in two ways, is on every route that it may be on.
    pub(in crate::http) fn pass(&self, asked: &Asked, groups: &[&str]) -> Result<(), &'static str> {
        let barred = self.routes.iter().find(|route| {
            route.may_be_asked_for(asked) && !route.groups.iter().any(|group| groups.contains(&group.as_str()))
        });
        match (barred, &asked.request) {
            (None, _) => Ok(()),
            (Some(_), None) => Err("the proxy does not tell what is asked for, and there are routes that need a group"),
            (Some(_), Some(_)) => Err(NO_GROUP),
        }
    }
}

impl Route {
    fn may_be_asked_for(&self, asked: &Asked) -> bool {
        let host = self.host.is_none() || asked.host.is_none() || self.host == asked.host;
        host && asked.request.as_ref().is_none_or(|request| !request.has_path() || self.pattern.matches(request))
    }
}

/// How proxies and groups name somebody whatever they are called. Longer than any user's name.
pub(in crate::http) fn named(user: &User) -> String {
    let prefix = if user.kind == SubjectKind::Provider { SERVICE } else { USER };
    format!("{prefix}{}", user.id)
}

fn group(entry: &str) -> Option<(String, BTreeSet<String>)> {
    let (name, members) = entry.split_once('=')?;
    let name = name.trim();
    let members: BTreeSet<String> = members.split_whitespace().map(str::to_owned).collect();
    let is_member = |member| Member::parse(member).is_some();
    (is_group(name) && !members.is_empty() && members.iter().all(is_member)).then(|| (name.to_owned(), members))
}

fn route(entry: &str) -> Option<Route> {
    let (place, groups) = entry.rsplit_once('=')?;
    let place = place.trim();
    let (host, path) = place.split_at(place.find('/')?);
    let groups: Vec<String> = groups.split_whitespace().map(str::to_owned).collect();
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[:]".contains(&byte));
    if groups.is_empty() || !groups.iter().all(|group| is_group(group)) || !is_host {
        return None;
    }
    let host = Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty());
    Some(Route { host, pattern: HttpPattern::parse(path)?, groups })
}

/// 1 to 64 letters and digits of ASCII, dashes and underscores.
fn is_group(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caveat::HttpRequest;

    fn gate(groups: &[&str], routes: &[&str]) -> Result<Gate, GateError> {
        let owned = |list: &[&str]| list.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>();
        Gate::parse(&owned(groups), &owned(routes))
    }

    fn asked(host: &str, path: &str) -> Asked {
        Asked { host: Some(host.to_owned()), request: Some(HttpRequest::new("GET", path)) }
    }

    #[test]
    fn each_route_that_a_request_is_on_needs_one_of_its_groups() {
        let gate = gate(&["a = alice", "b = bob"], &["/x/* = a b", "h/x/y = b", "other/* = a"]).unwrap();
        for (host, path, groups, expected) in [
            ("h", "/free", &[][..], true),
            ("h", "/x/z", &[], false),
            ("h", "/x/z", &["a"], true),
            ("h", "/x/y", &["a"], false),
            ("h", "/x/y", &["a", "b"], true),
            ("i", "/x/y", &["a"], true),
            ("other", "/free", &["b"], false),
            ("h", "/x//y", &["a"], false),
        ] {
            assert_eq!(gate.pass(&asked(host, path), groups).is_ok(), expected, "{host} {path} {groups:?}");
        }
    }

    #[test]
    fn what_is_not_known_may_be_anything() {
        let gate = gate(&["a = alice"], &["h/x = a"]).unwrap();
        assert!(gate.pass(&Asked { host: None, ..asked("", "/x") }, &[]).is_err());
        assert!(gate.pass(&Asked { request: None, ..asked("h", "") }, &[]).is_err());
        assert!(gate.pass(&Asked { request: None, ..asked("other", "") }, &[]).is_ok());
        assert!(Gate::default().pass(&Asked { host: None, request: None }, &[]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (groups, routes, expected) in [
            (&["a"][..], &[][..], "\"a\" is not a group"),
            (&["a ="], &[], "\"a =\" is not a group"),
            (&["a b = c"], &[], "\"a b = c\" is not a group"),
            (&["a = .."], &[], "\"a = ..\" is not a group"),
            (&["a = bob", "a = eve"], &[], "there are two groups called \"a\""),
            (&["a = bob"], &["/x"], "\"/x\" is not a route"),
            (&["a = bob"], &["x = a"], "\"x = a\" is not a route"),
            (&["a = bob"], &["/x/../y = a"], "\"/x/../y = a\" is not a route"),
            (&["a = bob"], &["h h/x = a"], "\"h h/x = a\" is not a route"),
            (&["a = bob"], &["/x ="], "\"/x =\" is not a route"),
            (&["a = bob"], &["/x = b"], "\"/x = b\" needs the group \"b\""),
        ] {
            let error = gate(groups, routes).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
