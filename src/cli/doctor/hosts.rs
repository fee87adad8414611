//! The hosts of a shared database: one that accepts writes, and standbys that can replace it.

use super::facts::Facts;
use super::finding::{CheckResult, fault, ok, warning};
use crate::config::Config;
use zonemint_store::postgres::{Host, Replication, ServerReport};

const MANUAL: &str = "the manual's page \"Several nodes\" (Failure)";

pub(super) fn hosts(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.hosts.is_empty() {
        return ok("store.url names one host");
    }
    let (hosts, waits) = (&report.hosts[..], do_commits_wait(report));
    let found = strangers(hosts).or_else(|| split(hosts)).or_else(|| waiting(hosts, waits));
    // A host that does not answer is often the cause.
    if let Some((mut found, mut fix)) = found {
        if let Some((silent, start)) = silent(hosts) {
            found = format!("{found}; {silent}");
            fix = format!("{fix}; {start}");
        }
        return fault(found, fix);
    }
    let warnings: Vec<_> = [silent(hosts), idle(hosts), asynchronous(hosts, waits)].into_iter().flatten().collect();
    if !warnings.is_empty() {
        let joined = |part: fn(&Report) -> &str| warnings.iter().map(part).collect::<Vec<_>>().join("; ");
        return warning(joined(|(found, _)| found), joined(|(_, fix)| fix));
    }
    let (told, reading) = (format!("accepts writes: {}", names(&writing(hosts))), names(&hosts_that(hosts, false)));
    ok(if reading.is_empty() { told } else { format!("{told}; only reads: {reading}") })
}

/// Whether commits wait for synchronous standbys, if there are any.
fn do_commits_wait(report: &ServerReport) -> bool {
    let setting = report.durability.iter().find(|(name, _)| name == "synchronous_commit");
    setting.is_none_or(|(_, value)| !["off", "local"].contains(&value.as_str()))
}

/// What was found, and what to do about it.
type Report = (String, String);

/// What a host that can be used says of its replication.
fn replication(host: &Host) -> Option<&Replication> {
    host.state.as_ref().ok()?.replication.as_ref()
}

/// The hosts that can be used, and that accept writes or do not.
fn hosts_that(hosts: &[Host], accept_writes: bool) -> Vec<&Host> {
    let accepts = |host: &&Host| host.state.as_ref().is_ok_and(|state| state.accepts_writes == accept_writes);
    hosts.iter().filter(accepts).collect()
}

fn writing(hosts: &[Host]) -> Vec<&Host> {
    hosts_that(hosts, true)
}

fn names(hosts: &[&Host]) -> String {
    hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Servers that are not copies of each other.
fn strangers(hosts: &[Host]) -> Option<Report> {
    let mut known = hosts.iter().filter_map(|host| Some((host, replication(host)?.cluster.as_deref()?)));
    let (first, cluster) = known.next()?;
    let (other, others) = known.find(|(_, other)| *other != cluster)?;
    Some((
        format!(
            "{} and {} are different databases (system identifiers {cluster} and {others}), and {}: after a failover tokens and \
             revocations are missing",
            first.name,
            other.name,
            match writing(hosts).len() {
                0 => "none accepts writes".to_owned(),
                1 => format!("{} accepts writes", names(&writing(hosts))),
                _ => format!("{} accept writes", names(&writing(hosts))),
            }
        ),
        "name one primary and its standbys in store.url, and nothing else".to_owned(),
    ))
}

/// Two servers that accept writes. One server with two names does not count as two.
fn split(hosts: &[Host]) -> Option<Report> {
    let started = |host: &Host| replication(host)?.started_us;
    let mut primaries: Vec<&Host> = Vec::new();
    for host in writing(hosts).into_iter().filter(|host| started(host).is_some()) {
        if primaries.iter().all(|known| started(known) != started(host)) {
            primaries.push(host);
        }
    }
    (primaries.len() > 1).then(|| {
        (
            format!(
                "split brain: {} accept writes: a revocation on one is unknown to the others",
                names(&primaries)
            ),
            format!(
                "stop the old primary at once (fencing), and make it a standby of the new one before it is started again; then look \
                 for what only it had: see {MANUAL}"
            ),
        )
    })
}

/// How many standbys a commit waits for, as `synchronous_standby_names` says: `FIRST n (…)`, `ANY n (…)`, `n (…)`, or names alone.
fn wanted(standby_names: &str) -> u64 {
    let before = standby_names.split_once('(').map_or("", |(before, _)| before);
    before.split_whitespace().last().and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Commits that wait for standbys, of which too few are connected.
fn waiting(hosts: &[Host], waits: bool) -> Option<Report> {
    let lacks = |told: &Replication| told.synchronous.is_some_and(|there| there < wanted(&told.standby_names));
    let is_waiting =
        |host: &&Host| waits && replication(host).is_some_and(|told| !told.standby_names.is_empty() && lacks(told));
    let host = writing(hosts).into_iter().find(is_waiting)?;
    let names = replication(host).map(|told| told.standby_names.as_str()).unwrap_or_default();
    Some((
        format!(
            "each write waits for standbys, and {} has too few connected of those that it waits for: {names}",
            host.name
        ),
        format!(
            "start a standby of that name again, or take it out of synchronous_standby_names on {}: see {MANUAL}",
            host.name
        ),
    ))
}

/// Hosts that cannot be used, each with its own error, so that a full server does not look like a standby.
fn silent(hosts: &[Host]) -> Option<Report> {
    let silent = hosts.iter().filter_map(|host| Some((&host.name, host.state.as_ref().err()?)));
    let told: Vec<_> = silent.map(|(name, error)| format!("{name} cannot be used: {error}")).collect();
    (!told.is_empty()).then(|| {
        let fix = "start it, let this role in (pg_hba.conf, limits of connections), or take it out of store.url";
        (told.join("; "), fix.to_owned())
    })
}

/// Servers that neither follow the primary nor accept writes, such as an old primary that was only set to refuse writes.
fn idle(hosts: &[Host]) -> Option<Report> {
    let is_idle = |host: &&Host| replication(host).is_some_and(|told| !told.is_standby);
    let idle: Vec<_> = hosts_that(hosts, false).into_iter().filter(is_idle).collect();
    (!idle.is_empty()).then(|| {
        (
            format!("no standby, and accepts no writes: {}", names(&idle)),
            "make it a standby of the primary (pg_rewind, pg_basebackup), or take it out of store.url".to_owned(),
        )
    })
}

/// A primary that confirms commits before a standby has them.
fn asynchronous(hosts: &[Host], waits: bool) -> Option<Report> {
    let primary = writing(hosts).into_iter().find(|host| replication(host).is_some())?;
    let why = match replication(primary)?.standby_names.as_str() {
        "" => "no synchronous standby",
        _ if !waits => "synchronous standbys, but commits do not wait for them (synchronous_commit)",
        _ => return None,
    };
    Some((
        format!("{} has {why}: a failover can undo revocations that were confirmed", primary.name),
        format!("set synchronous_standby_names on {}, and synchronous_commit = on: see {MANUAL}", primary.name),
    ))
}
