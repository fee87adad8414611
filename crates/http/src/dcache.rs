//! Translates caveats of dCache and XRootD, and OAuth scopes, to caveats of this service.
//!
//! A limit is translated only if a caveat here allows exactly the same. Others are refused, with a hint what to write instead: a
//! token that lacks a limit which its owner asked for is worse than none. The manual's page "OAuth and the grid" has the table.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use zonemint_base::clock;
use zonemint_caveat::{self as caveat, Caveat, CaveatTextError};

/// The only scope that is also the text of a caveat.
pub(super) const READ_ONLY: &str = "data.readonly";

/// The scope for reading through the API.
pub(super) const GET_ONLY: &str = "api.get";
const GETS: &str = "api = all/get/*.*.*:*";

/// The activities that reading consists of there. `READ_METADATA` is implied by each of the others.
const READING: [&str; 2] = ["DOWNLOAD", "LIST"];
const IMPLIED: &str = "READ_METADATA";
const PATH: &str = "path";

/// Reads a caveat of a macaroon request: in their form, as `before:2026-12-24T18:00:00Z`, or in the form of this service, as
/// `ip = 192.0.2.0/24`. None if it limits nothing.
pub(super) fn caveat(text: &str) -> Result<Option<Caveat>, String> {
    match text.split_once(':') {
        Some(("before", moment)) => match clock::from_rfc3339(moment) {
            // Rounded down: it may end a second early, never late.
            Some(ms) => from_json(&json!({"type": "time", "validUntil": ms / 1000})).map(Some),
            None => Err("\"before:\" must be followed by a moment, as in 2026-12-24T18:00:00Z".to_owned()),
        },
        Some(("activity", list)) => {
            let activities: BTreeSet<_> = list.split(',').map(str::trim).collect();
            if is_reading(&activities) { Ok(Some(Caveat::DataReadonly)) } else { Err(not_reading(list)) }
        }
        Some((PATH, path)) => paths(&[path]),
        Some(("ip", list)) => {
            from_json(&json!({"type": "ip", "whitelist": list.split(',').collect::<Vec<_>>()})).map(Some)
        }
        _ => match Caveat::parse(text.as_bytes()) {
            Ok(ours) => ours.checked_new().map(Some).map_err(|rule| rule.to_string()),
            Err(rule @ CaveatTextError::BadValue { .. }) => Err(rule.to_string()),
            Err(CaveatTextError::UnknownKind) => Err("it is none of before:, activity:, path: and ip:, nor a caveat of this server; others are not enforced here"
                .to_owned()),
        },
    }
}

/// The text of a caveat after others: each of several paths is relative to those before it, as in dCache. `base` is the path so far,
/// without a slash at its end.
pub(super) fn below(base: &mut String, text: &str) -> String {
    match text.split_once(':') {
        Some((PATH, path)) if path.starts_with('/') => {
            let joined = if path == "/" && !base.is_empty() { base.clone() } else { format!("{base}{path}") };
            joined.strip_suffix('/').unwrap_or(&joined).clone_into(base);
            format!("{PATH}:{joined}")
        }
        _ => text.to_owned(),
    }
}

/// The caveat of [`GET_ONLY`].
pub(super) fn get_only() -> Result<Caveat, String> {
    Caveat::parse(GETS.as_bytes()).map_err(|rule| rule.to_string())
}

/// The scopes that some caveats express completely.
pub(super) fn scopes_of(caveats: &[Caveat]) -> Option<&'static str> {
    let gets_only = caveats.iter().any(|caveat| matches!(caveat, Caveat::Api(_)) && caveat.to_string() == GETS);
    match (caveats.contains(&Caveat::DataReadonly), gets_only) {
        (true, true) => Some("data.readonly api.get"),
        (true, false) => Some(READ_ONLY),
        (false, true) => Some(GET_ONLY),
        (false, false) => None,
    }
}

/// Reads a scope: `data.readonly`, `api.get`, or for grid clients an activity and a path, as in `LIST:/space DOWNLOAD:/space`.
pub(super) fn scope(text: &str) -> Result<Vec<Caveat>, String> {
    let mut caveats = Vec::new();
    let mut by_path: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in text.split(' ') {
        match part.split_once(':') {
            Some((activity, path)) => {
                by_path.entry(path).or_default().insert(activity);
            }
            None if part == READ_ONLY => caveats.push(Caveat::DataReadonly),
            None if part == GET_ONLY => caveats.push(get_only()?),
            None => return Err(format!("There are the scopes {READ_ONLY} and {GET_ONLY}, and ACTIVITY:/path")),
        }
    }
    if let Some(activities) = by_path.values().find(|activities| !is_reading(activities)) {
        return Err(not_reading(&activities.iter().copied().collect::<Vec<_>>().join(",")));
    }
    if !by_path.is_empty() {
        let listed: Vec<_> = by_path.into_keys().collect();
        caveats.push(Caveat::DataReadonly);
        caveats.extend(paths(&listed)?);
    }
    Ok(caveats)
}

fn is_reading(activities: &BTreeSet<&str>) -> bool {
    READING.iter().all(|activity| activities.contains(activity))
        && activities.iter().all(|activity| *activity == IMPLIED || READING.contains(activity))
}

fn not_reading(list: &str) -> String {
    let list: String = list.chars().take(100).collect();
    format!(
        "\"{list}\" cannot be said exactly here: of activities, tokens know reading alone (DOWNLOAD,LIST, with READ_METADATA or \
         without), or all"
    )
}

/// Everything at and below some paths; none if that is everything. A directory may end with a slash.
fn paths(paths: &[&str]) -> Result<Option<Caveat>, String> {
    if paths.contains(&"/") {
        return Ok(None);
    }
    let paths: Vec<_> = paths.iter().map(|path| path.strip_suffix('/').unwrap_or(path)).collect();
    if !paths.iter().all(|path| caveat::is_canonical_path(path)) {
        return Err("a path must be absolute, as in /space/dir, without empty, \".\" or \"..\" parts".to_owned());
    }
    let encoded: Vec<_> = paths.into_iter().map(|path| STANDARD.encode(path)).collect();
    from_json(&json!({"type": "data.path", "whitelist": encoded})).map(Some)
}

fn from_json(json: &Value) -> Result<Caveat, String> {
    Caveat::read_new(json).map_err(|rule| rule.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(read: Result<impl IntoIterator<Item = Caveat>, String>) -> Result<String, String> {
        read.map(|caveats| caveats.into_iter().map(|caveat| caveat.to_string()).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn limits_that_we_have_too_are_translated() {
        for (theirs, ours) in [
            ("before:2027-01-15T08:00:00Z", "time < 1800000000"),
            ("before:2027-01-15T08:00:00.999999999Z", "time < 1800000000"),
            ("before:2027-01-15T09:00:00+01:00", "time < 1800000000"),
            ("activity:DOWNLOAD,LIST", "data.readonly"),
            ("activity:LIST,READ_METADATA,DOWNLOAD", "data.readonly"),
            ("activity: LIST , DOWNLOAD", "data.readonly"),
            ("path:/", ""),
            ("path:/space", "data.path = L3NwYWNl"),
            ("path:/space/", "data.path = L3NwYWNl"),
            ("ip:192.0.2.7,2001:db8::/32", "ip = 192.0.2.7/32|2001:db8::/32"),
            ("time < 1800000000", "time < 1800000000"),
            ("data.readonly", "data.readonly"),
            ("service = opw-*", "service = opw-*"),
        ] {
            assert_eq!(text(caveat(theirs)), Ok(ours.to_owned()), "{theirs}");
        }
    }

    #[test]
    fn limits_that_we_cannot_keep_are_refused_with_the_reason() {
        for (theirs, reason) in [
            ("activity:DOWNLOAD", "\"DOWNLOAD\" cannot be said exactly"),
            ("activity:LIST,DOWNLOAD,UPLOAD", "\"LIST,DOWNLOAD,UPLOAD\" cannot be said exactly"),
            ("activity:", "\"\" cannot be said exactly"),
            ("activity:LIST, ,DOWNLOAD", "\"LIST, ,DOWNLOAD\" cannot be said exactly"),
            ("activity:download,list", "\"download,list\" cannot be said exactly"),
            ("before:tomorrow", "\"before:\" must be followed by a moment"),
            ("path:space", "a path must be absolute"),
            ("path:/a/../b", "a path must be absolute"),
            ("path:", "a path must be absolute"),
            ("path://", "a path must be absolute"),
            ("ip:", ""),
            ("root:/space", "it is none of before:"),
            ("id:1000;1000;alice", "it is none of before:"),
            ("Activity:DOWNLOAD,LIST", "it is none of before:"),
            ("", "it is none of before:"),
        ] {
            let refused = text(caveat(theirs)).unwrap_err();
            assert!(refused.contains(reason), "{theirs}: {refused}");
        }
    }

    #[test]
    fn a_scope_says_what_may_be_read_and_where() {
        for (theirs, ours) in [
            ("data.readonly", "data.readonly"),
            ("api.get", "api = all/get/*.*.*:*"),
            ("LIST:/ DOWNLOAD:/", "data.readonly"),
            ("LIST:/space DOWNLOAD:/space", "data.readonly, data.path = L3NwYWNl"),
            ("LIST:/b DOWNLOAD:/b LIST:/a DOWNLOAD:/a READ_METADATA:/a", "data.readonly, data.path = L2E=|L2I="),
        ] {
            assert_eq!(text(scope(theirs)), Ok(ours.to_owned()), "{theirs}");
        }
        for theirs in [
            "read", "data.readonly ", "LIST:/a DOWNLOAD:/b", "UPLOAD:/", "openid", "storage.read:/a",
            "LIST:a DOWNLOAD:a",
        ] {
            assert!(scope(theirs).is_err(), "{theirs:?} was accepted");
        }
    }
}
