//! The hosts of a shared database: one that accepts writes, and standbys that can take its place.

use super::facts::Facts;
use super::finding::{CheckResult, Finding};
use crate::config::Config;
use zonemint_store::postgres::{Host, HostState, Replication, ServerReport};

const MANUAL: &str = "the manual's page \"Several nodes\" (Failure)";

pub(super) fn hosts(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.hosts.is_empty() {
        return Ok(Finding::ok("store.url names one host"));
    }
    let answering: Vec<_> = report.hosts.iter().filter_map(Answering::of).collect();
    let waits = do_commits_wait(report);
    let fault = strangers(&answering).or_else(|| split(&answering)).or_else(|| waiting(&answering, waits));
    // A host that is away is often why.
    if let Some((mut found, mut fix)) = fault {
        if let Some((silent, start)) = silent(&report.hosts) {
            found = format!("{found}; {silent}");
            fix = format!("{fix}; {start}");
        }
        return Ok(Finding::fault(found, fix));
    }
    let warnings: Vec<_> =
        [silent(&report.hosts), idle(&answering), asynchronous(&answering, waits)].into_iter().flatten().collect();
    if !warnings.is_empty() {
        let joined = |part: fn(&Report) -> &str| warnings.iter().map(part).collect::<Vec<_>>().join("; ");
        return Ok(Finding::warning(joined(|(found, _)| found), joined(|(_, fix)| fix)));
    }
    let (writing, reading): (Vec<_>, Vec<_>) = answering.iter().partition(|host| host.state.accepts_writes);
    let told = format!("accepts writes: {}", names(writing));
    Ok(Finding::ok(if reading.is_empty() { told } else { format!("{told}; only reads: {}", names(reading)) }))
}

/// Whether a commit waits for standbys, if the primary has some that it waits for.
fn do_commits_wait(report: &ServerReport) -> bool {
    let setting = report.durability.iter().find(|(name, _)| name == "synchronous_commit");
    setting.is_none_or(|(_, value)| !["off", "local"].contains(&value.as_str()))
}

/// What was found, and what to do about it.
type Report = (String, String);

/// A host that can be connected to.
struct Answering<'a> {
    name: &'a str,
    state: &'a HostState,
}

impl<'a> Answering<'a> {
    fn of(host: &'a Host) -> Option<Self> {
        let state = host.state.as_ref().ok()?;
        Some(Self { name: &host.name, state })
    }

    fn replication(&self) -> Option<&'a Replication> {
        self.state.replication.as_ref()
    }

    fn cluster(&self) -> Option<&'a str> {
        self.replication()?.cluster.as_deref()
    }
}

fn writing<'a>(hosts: &'a [Answering<'a>]) -> impl Iterator<Item = &'a Answering<'a>> {
    hosts.iter().filter(|host| host.state.accepts_writes)
}

fn names<'a>(hosts: impl IntoIterator<Item = &'a Answering<'a>>) -> String {
    hosts.into_iter().map(|host| host.name).collect::<Vec<_>>().join(", ")
}

/// Servers that are no copies of one another.
fn strangers(hosts: &[Answering<'_>]) -> Option<Report> {
    let mut known = hosts.iter().filter_map(|host| Some((host, host.cluster()?)));
    let (first, cluster) = known.next()?;
    let (other, others) = known.find(|(_, other)| *other != cluster)?;
    Some((
        format!(
            "{} and {} are different databases (system identifiers {cluster} and {others}), and {}: after a failover tokens and \
             revocations are missing",
            first.name,
            other.name,
            match writing(hosts).count() {
                0 => "none accepts writes".to_owned(),
                1 => format!("{} accepts writes", names(writing(hosts))),
                _ => format!("{} accept writes", names(writing(hosts))),
            }
        ),
        "name one primary and its standbys in store.url, and nothing else".to_owned(),
    ))
}

/// Two servers that accept writes; one server that has two names is none.
fn split(hosts: &[Answering<'_>]) -> Option<Report> {
    let started = |host: &Answering<'_>| host.replication().and_then(|replication| replication.started_us);
    let mut primaries: Vec<&Answering<'_>> = Vec::new();
    for host in writing(hosts).filter(|host| started(host).is_some()) {
        if primaries.iter().all(|known| started(known) != started(host)) {
            primaries.push(host);
        }
    }
    (primaries.len() > 1).then(|| {
        (
            format!(
                "split brain: {} accept writes: a revocation on one is unknown to the others",
                names(primaries.iter().copied())
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

/// Commits that wait for standbys of which too few are there.
fn waiting(hosts: &[Answering<'_>], waits: bool) -> Option<Report> {
    let lacks = |told: &Replication| told.synchronous.is_some_and(|there| there < wanted(&told.standby_names));
    let is_waiting = |host: &&Answering<'_>| {
        waits && host.replication().is_some_and(|told| !told.standby_names.is_empty() && lacks(told))
    };
    let host = writing(hosts).find(is_waiting)?;
    let names = host.replication().map(|told| told.standby_names.as_str()).unwrap_or_default();
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

/// Hosts that cannot be used. Each with its own error, so that a full server is not taken for a standby.
fn silent(hosts: &[Host]) -> Option<Report> {
    let silent = hosts.iter().filter_map(|host| Some((&host.name, host.state.as_ref().err()?)));
    let told: Vec<_> = silent.map(|(name, error)| format!("{name} cannot be used: {error}")).collect();
    (!told.is_empty()).then(|| {
        let fix = "start it, let this role in (pg_hba.conf, limits of connections), or take it out of store.url";
        (told.join("; "), fix.to_owned())
    })
}

/// Servers that neither follow the primary nor accept writes, as an old primary that was only told to refuse them.
fn idle(hosts: &[Answering<'_>]) -> Option<Report> {
    let is_idle =
        |host: &&Answering<'_>| !host.state.accepts_writes && host.replication().is_some_and(|told| !told.is_standby);
    let idle: Vec<_> = hosts.iter().filter(is_idle).collect();
    (!idle.is_empty()).then(|| {
        (
            format!("no standby, and accepts no writes: {}", names(idle)),
            "make it a standby of the primary (pg_rewind, pg_basebackup), or take it out of store.url".to_owned(),
        )
    })
}

/// A primary that answers before a standby has what it has committed.
fn asynchronous(hosts: &[Answering<'_>], waits: bool) -> Option<Report> {
    let primary = writing(hosts).find(|host| host.replication().is_some())?;
    let why = match primary.replication()?.standby_names.as_str() {
        "" => "no synchronous standby",
        _ if !waits => "synchronous standbys, but commits do not wait for them (synchronous_commit)",
        _ => return None,
    };
    Some((
        format!("{} has {why}: a failover can undo revocations that were confirmed", primary.name),
        format!("set synchronous_standby_names on {}, and synchronous_commit = on: see {MANUAL}", primary.name),
    ))
}
