//! What is asked of a database server that several nodes share.

use super::facts::{Facts, needed_connections};
use super::finding::{CheckResult, Finding};
use super::remedy::Remedy;
use crate::app;
use crate::config::Config;
use zonemint_store::Tls;
use zonemint_store::postgres::ServerReport;

/// Clocks that differ by more, in milliseconds, let tokens end at other times on other machines.
const FAR_OFF_MS: u64 = 1_000;
pub(super) fn protection(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    let (secure, fix) = match report.tls {
        Tls::VerifyFull => return Ok(Finding::ok("encrypted, and the server's certificate is verified")),
        Tls::Pin => return Ok(Finding::ok("encrypted, and the server has the key of the certificate in store.tls_ca")),
        Tls::Require => (
            "encrypted, but the server's certificate is not verified",
            "set store.tls = \"verify-full\" and store.tls_ca",
        ),
        Tls::Disable => {
            ("not encrypted", "set store.tls = \"verify-full\" and store.tls_ca; the database needs ssl = on")
        }
    };
    if report.is_remote {
        return Ok(Finding::warning(
            format!("the connection to the database leaves this machine and is {secure}"),
            fix,
        ));
    }
    Ok(Finding::ok(format!("{secure}, but does not leave this machine")))
}

pub(super) fn durability(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.durability.is_empty() {
        return Err(Finding::skipped("the database does not report it"));
    }
    let off = report.turned_off();
    if !off.is_empty() {
        let found = format!("tokens and revocations that were confirmed can be lost: {} is off", off.join(", "));
        let fix = "turn it on as a superuser of the database; an option of the server's command line is changed there";
        return Ok(Finding::fault(found, fix).with(report.make_durable().into_iter().map(Remedy::Sql)));
    }
    let told: Vec<_> = report.durability.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    Ok(Finding::ok(told.join(", ")))
}

pub(super) fn clock(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let hosts = report.hosts.iter().filter_map(|host| Some((host.name.as_str(), host.state.as_ref().ok()?)));
    let clocks = hosts.map(|(name, state)| (name, state.clock_ahead_ms));
    let all = clocks.chain([("the database", report.clock_ahead_ms)]);
    let (name, ahead_ms) = all.max_by_key(|(_, ahead_ms)| ahead_ms.unsigned_abs()).unwrap_or_default();
    let told = format!("the clock of {name} differs by {ahead_ms} ms");
    let limit = config.store.max_clock_skew;
    if limit.ms() > 0 && report.clock_ahead_ms.unsigned_abs() > limit.ms() {
        return Ok(Finding::fault(
            format!("{told}; the database's by more than store.max_clock_skew ({limit}): nothing is minted"),
            "have an NTP service keep the time on both machines",
        ));
    }
    if ahead_ms.unsigned_abs() > FAR_OFF_MS {
        return Ok(Finding::warning(told, "have an NTP service keep the time on both machines"));
    }
    Ok(Finding::ok(told))
}

pub(super) fn connections(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let Some((most, used)) = report.connections else {
        return Err(Finding::skipped("the database does not report it"));
    };
    let needed = needed_connections(config) as u64;
    let pooled =
        if report.pooled_by_transaction { " through a pooler, which shares them by the transaction" } else { "" };
    let told = format!("a node takes up to {needed}{pooled}; the database allows {most}, of which {used} are taken");
    if needed > most {
        return Ok(Finding::fault(told, "lower store.pool, or raise max_connections"));
    }
    let at_once = report.at_once as u64;
    if at_once < needed && used + needed <= most {
        return Ok(Finding::warning(
            format!("{told}; but only {at_once} are available at the same time"),
            "raise what a pooler allows (PgBouncer: default_pool_size, max_db_connections, max_client_conn) or a CONNECTION LIMIT \
             of the role or the database, or lower store.pool",
        ));
    }
    // Those of this node itself may be among those that are taken.
    if used > most.saturating_sub(needed) {
        return Ok(Finding::warning(
            told,
            "lower store.pool on all nodes, raise max_connections, or close other connections",
        ));
    }
    Ok(Finding::ok(told))
}

pub(super) fn rights(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.missing_rights.is_empty() {
        return Ok(Finding::ok("all that are needed"));
    }
    let told: Vec<_> = report.missing_rights.iter().map(ToString::to_string).collect();
    let grants = report.grants().into_iter().map(Remedy::Sql);
    let fix = "grant them, as the owner of the tables or as a superuser";
    Ok(Finding::fault(format!("missing: {}", told.join(", ")), fix).with(grants))
}

pub(super) fn node(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let name = match app::node_chain(&config.store.node) {
        Ok(chain) => chain.as_str().to_owned(),
        Err(error) => return Ok(Finding::fault(error.to_string(), "set store.node to a name that no other node has")),
    };
    Ok(match report.processes_of_node {
        None => Finding::ok(format!("{name}; whether two processes have it cannot be seen here")),
        Some(0 | 1) => Finding::ok(format!("{name}, and no second process has it")),
        Some(count) => Finding::fault(
            format!("{count} processes are connected as the node {name}: they wait for one another at each commit"),
            "give each node a store.node of its own that never changes; then restart the nodes",
        ),
    })
}
