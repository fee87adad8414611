//! Groups of users, and the routes that require them.

use std::collections::{BTreeMap, BTreeSet};

use super::ForwardedRequest;
use super::forwarded_request::AskedHost;
use super::host::Host;
use super::path::{Readings, RoutePath};
use zonemint_base::model::{FoldedName, SubjectKind, User, UserId, UserName};

const USER: &str = "usr-";
const SERVICE: &str = "prv-";
/// Why a caller is refused.
pub(crate) const NO_GROUP: &str = "you are in none of the groups that this needs";
const NOT_TOLD: &str = "the proxy does not say what is requested, and there are routes that need a group";
const HOST: &str =
    "the host cannot be read in one way, so each route holds, and you are in none of the groups that one of them needs";
const PATH: &str = "the path can be read in two ways, and you are in none of the groups that one of them needs";

/// Groups and routes. Without routes, every valid token passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    groups: BTreeMap<String, Members>,
    routes: Vec<Route>,
    /// Hosts whose clients are asked for a user name and a token in the place of a password.
    basic: Vec<Host>,
    /// Whether paths are compared without case.
    ignore_case: bool,
}

/// Who is in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Members {
    /// By name or as [`named`] has them.
    named: BTreeSet<String>,
    /// The same names, as they are compared where case does not count.
    folded: BTreeSet<FoldedName>,
}

impl Members {
    fn list(&self, name: &UserName, ignore_case: bool) -> bool {
        self.named.contains(name.as_str()) || (ignore_case && self.folded.contains(&name.folded()))
    }
}

/// A member of a group.
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

/// A path that requires one of some groups.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    /// None means every host.
    host: Option<Host>,
    path: RoutePath,
    groups: Vec<String>,
}

/// An error in groups or routes.
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
         none, without a port, a path that is percent-encoded where it must be and only there, and groups"
    )]
    Route(String),
    /// A group that does not exist.
    #[error("\"{route}\" needs the group \"{group}\", which forward_auth.groups does not list")]
    NoGroup {
        /// The route as it was given.
        route: String,
        /// The group.
        group: String,
    },
    /// Not a host.
    #[error("\"{0}\" is not a host, as in \"git.example.org\": a name or an address, without a port")]
    Basic(String),
}

impl GateError {
    /// The setting that it is about.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Group(_) | Self::Twice(_) => "forward_auth.groups",
            Self::Route(_) | Self::NoGroup { .. } => "forward_auth.routes",
            Self::Basic(_) => "forward_auth.basic",
        }
    }
}

impl Gate {
    /// Reads groups, then routes.
    ///
    /// # Errors
    /// [`GateError`] names the first entry that is not right, and says why.
    pub fn parse(groups: &[String], routes: &[String], ignore_case: bool) -> Result<Self, GateError> {
        let mut gate = Self { ignore_case, ..Self::default() };
        for entry in groups {
            let (name, members) = group(entry).ok_or_else(|| GateError::Group(entry.clone()))?;
            if gate.groups.insert(name.clone(), members).is_some() {
                return Err(GateError::Twice(name));
            }
        }
        for entry in routes {
            let route = route(entry, ignore_case).ok_or_else(|| GateError::Route(entry.clone()))?;
            if let Some(group) = route.groups.iter().find(|group| !gate.groups.contains_key(*group)) {
                return Err(GateError::NoGroup { route: entry.clone(), group: group.clone() });
            }
            gate.routes.push(route);
        }
        Ok(gate)
    }

    /// The same gate, with the hosts whose clients can send nothing but `Authorization: Basic`.
    ///
    /// # Errors
    /// [`GateError::Basic`] names the first that is no host.
    pub fn with_basic(self, hosts: &[String]) -> Result<Self, GateError> {
        let host = |host: &String| Host::parse(host).ok_or_else(|| GateError::Basic(host.clone()));
        Ok(Self { basic: hosts.iter().map(host).collect::<Result<_, _>>()?, ..self })
    }

    /// Whether a client without a valid token is offered `Authorization: Basic` for this request.
    pub(crate) fn offers_basic(&self, asked: &ForwardedRequest) -> bool {
        matches!(&asked.host, AskedHost::Known(host) if self.basic.contains(host))
    }

    /// All members: the name of the group, and the member.
    pub fn members(&self) -> impl Iterator<Item = (&str, Member)> {
        let each = |(group, members): (_, &Members)| {
            members.named.iter().filter_map(Member::parse).map(move |member| (group, member)).collect::<Vec<_>>()
        };
        self.groups.iter().map(|(group, members)| (group.as_str(), members)).flat_map(each)
    }

    /// The groups that list a name, whether or not an account has it. With `ignore_case`, also names that differ only in case.
    #[must_use]
    pub fn groups_listing(&self, name: &UserName, ignore_case: bool) -> Vec<&str> {
        let listing = self.groups.iter().filter(|(_, members)| members.list(name, ignore_case));
        listing.map(|(group, _)| group.as_str()).collect()
    }

    /// Whether a group lists a name only where case is ignored.
    #[must_use]
    pub fn lists_in_another_case(&self, name: &UserName) -> bool {
        self.groups.values().any(|members| members.list(name, true) && !members.list(name, false))
    }

    /// A warning about the groups that list the name of an account; none if no group lists it.
    #[must_use]
    pub fn warning(&self, name: &UserName, ignore_case: bool) -> Option<String> {
        let groups: Vec<_> =
            self.groups_listing(name, ignore_case).iter().map(|group| format!("\"{group}\"")).collect();
        let (what, list) = match groups.as_slice() {
            [] => return None,
            [_] => ("the group", "lists"),
            _ => ("the groups", "list"),
        };
        Some(format!("{what} {} of forward_auth.groups {list} {name}: this account is now a member", groups.join(", ")))
    }

    /// The groups of a user, in the order of their names.
    pub(crate) fn groups_of(&self, user: &User) -> Vec<&str> {
        let subject = named(user);
        let is_in = |members: &Members| {
            members.named.contains(&subject)
                || user.name.as_ref().is_some_and(|name| members.list(name, user.ignores_case))
        };
        self.groups.iter().filter(|(_, members)| is_in(members)).map(|(name, _)| name.as_str()).collect()
    }

    /// Checks that a caller in these groups may send this request: each route that covers it must have one of them.
    ///
    /// # Errors
    /// The reason. A host or path that is not known, or has two readings, is on every route that may cover it.
    pub(crate) fn pass(&self, asked: &ForwardedRequest, groups: &[&str]) -> Result<(), &'static str> {
        if self.routes.is_empty() {
            return Ok(());
        }
        let path = asked.target.as_ref().map(|target| Readings::of(target, self.ignore_case));
        let is_barred = |route: &&Route| !route.groups.iter().any(|group| groups.contains(&group.as_str()));
        let barred = self.routes.iter().filter(is_barred);
        let reasons: Vec<_> = barred.filter_map(|route| route.holds(&asked.host, path.as_ref())).collect();
        // A certain reason comes first.
        match reasons.iter().find(|reason| **reason == NO_GROUP).or(reasons.first()) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }
}

impl Route {
    /// Why the route requires its groups for a request, if it does.
    fn holds(&self, host: &AskedHost, path: Option<&Readings>) -> Option<&'static str> {
        let unsure = match (&self.host, host) {
            (Some(wanted), AskedHost::Known(host)) if wanted != host => return None,
            (None, _) | (Some(_), AskedHost::Known(_)) => None,
            (Some(_), AskedHost::Unreadable) => Some(HOST),
            (Some(_), AskedHost::Unknown) => Some(NOT_TOLD),
        };
        let Some(path) = path else { return Some(NOT_TOLD) };
        let sure = if self.path.covers(path) { NO_GROUP } else { PATH };
        self.path.may_cover(path).then_some(unsure.unwrap_or(sure))
    }
}

/// The name of an account by its id, for proxies and groups. No user name has this form.
pub(crate) fn named(user: &User) -> String {
    let prefix = if user.kind == SubjectKind::Provider { SERVICE } else { USER };
    format!("{prefix}{}", user.id)
}

fn group(entry: &str) -> Option<(String, Members)> {
    let (name, listed) = entry.split_once('=')?;
    let name = name.trim();
    let mut members = Members::default();
    for text in listed.split_whitespace() {
        match Member::parse(text)? {
            Member::Name(name) => {
                members.folded.insert(name.folded());
                members.named.insert(name.to_string());
            }
            Member::Id(_) => drop(members.named.insert(text.to_owned())),
        }
    }
    (is_group(name) && !members.named.is_empty()).then(|| (name.to_owned(), members))
}

fn route(entry: &str, ignore_case: bool) -> Option<Route> {
    let (place, groups) = entry.rsplit_once('=')?;
    let place = place.trim();
    let (host, path) = place.split_at(place.find('/')?);
    let groups: Vec<String> = groups.split_whitespace().map(str::to_owned).collect();
    if groups.is_empty() || !groups.iter().all(|group| is_group(group)) {
        return None;
    }
    let host = if host.is_empty() { None } else { Some(Host::parse(host)?) };
    Some(Route { host, path: RoutePath::parse(path, ignore_case)?, groups })
}

/// 1 to 64 letters and digits of ASCII, dashes and underscores.
fn is_group(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    const CASES: &str = include_str!("../../../../tests/vectors/hosts-and-paths.json");

    fn gate(groups: &[&str], routes: &[&str]) -> Result<Gate, GateError> {
        let owned = |list: &[&str]| list.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>();
        Gate::parse(&owned(groups), &owned(routes), false)
    }

    fn asked(host: &str, path: &str) -> ForwardedRequest {
        let headers = [("x-forwarded-host", host), ("x-forwarded-method", "GET"), ("x-forwarded-uri", path)];
        let header = |(name, value): (&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        ForwardedRequest::forwarded(&headers.map(header).into_iter().collect::<HeaderMap>()).unwrap()
    }

    #[test]
    fn each_case_is_on_the_route_or_not() {
        let cases: serde_json::Value = serde_json::from_str(CASES).unwrap();
        let gate = gate(&["staff = alice"], &["wiki.example.org/admin/* = staff"]).unwrap();
        for case in cases["hosts"].as_array().unwrap() {
            let host = case["host"].as_str().unwrap();
            assert_eq!(gate.pass(&asked(host, "/admin/panel"), &[]).is_err(), case["on"], "{host}");
            assert_eq!(gate.pass(&asked(host, "/public"), &[]), Ok(()), "{host}");
        }
        for case in cases["paths"].as_array().unwrap() {
            let path = case["path"].as_str().unwrap();
            assert_eq!(gate.pass(&asked("wiki.example.org", path), &[]).is_err(), case["on"], "{path}");
            assert_eq!(gate.pass(&asked("other.example.org", path), &[]), Ok(()), "{path}");
        }
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
        let untold = |headers: &HeaderMap| ForwardedRequest::forwarded(headers).unwrap();
        let told = |host| untold(&HeaderMap::from_iter([(HeaderName::from_static("x-forwarded-host"), host)]));
        let nothing = untold(&HeaderMap::new());
        assert_eq!(gate.pass(&ForwardedRequest { host: AskedHost::Unknown, ..asked("", "/x") }, &[]), Err(NOT_TOLD));
        assert_eq!(gate.pass(&told(HeaderValue::from_static("h")), &[]), Err(NOT_TOLD));
        assert_eq!(gate.pass(&told(HeaderValue::from_static("other")), &[]), Ok(()));
        assert_eq!(gate.pass(&nothing, &[]), Err(NOT_TOLD));
        assert_eq!(Gate::default().pass(&nothing, &[]), Ok(()));
    }

    #[test]
    fn the_reason_is_the_one_that_is_sure() {
        let gate = gate(&["a = alice"], &["h/x/* = a", "/y = a"]).unwrap();
        for (host, path, reason) in [
            ("h", "/x", NO_GROUP),
            ("h", "/x;a", PATH),
            ("h", "/<", PATH),
            ("h:no", "/x", HOST),
            ("h:no", "/x;a", HOST),
            ("h:no", "/y", NO_GROUP),
            ("i", "/y;a", PATH),
        ] {
            assert_eq!(gate.pass(&asked(host, path), &[]), Err(reason), "{host} {path}");
        }
    }

    #[test]
    fn case_of_paths_is_ignored_where_the_setting_says_so() {
        let gate = |ignored| Gate::parse(&["a = alice".to_owned()], &["/x/* = a".to_owned()], ignored).unwrap();
        assert_eq!(gate(false).pass(&asked("h", "/X/y"), &[]), Ok(()));
        assert_eq!(gate(true).pass(&asked("h", "/X/y"), &[]), Err(NO_GROUP));
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
            (&["a = bob"], &["h:80/x = a"], "\"h:80/x = a\" is not a route"),
            (&["a = bob"], &["h../x = a"], "\"h../x = a\" is not a route"),
            (&["a = bob"], &["/x ="], "\"/x =\" is not a route"),
            (&["a = bob"], &["/x = b"], "\"/x = b\" needs the group \"b\""),
        ] {
            let error = gate(groups, routes).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
