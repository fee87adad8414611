//! The database server that several nodes share.

use super::facts::{Facts, needed_connections};
use super::finding::{CheckResult, WithRemedies as _, fault, ok, skipped, warning};
use super::remedy::Remedy;
use crate::app;
use crate::config::Config;
use zonemint_store::Tls;
use zonemint_store::postgres::ServerReport;

/// With a larger difference of clocks, in milliseconds, tokens expire at different times on different machines.
const FAR_OFF_MS: u64 = 1_000;

pub(super) fn protection(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    let (secure, fix) = match report.tls {
        Tls::VerifyFull => return ok("encrypted, and the server's certificate is verified"),
        Tls::Pin => return ok("encrypted, and the server has the key of the certificate in store.tls_ca"),
        Tls::Require => (
            "encrypted, but the server's certificate is not verified",
            "set store.tls = \"verify-full\" and store.tls_ca",
        ),
        Tls::Disable => {
            ("not encrypted", "set store.tls = \"verify-full\" and store.tls_ca; the database needs ssl = on")
        }
    };
    if report.is_remote {
        return warning(format!("the connection to the database leaves this machine and is {secure}"), fix);
    }
    ok(format!("{secure}, but does not leave this machine"))
}

pub(super) fn durability(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.durability.is_empty() {
        return skipped("the database does not report it");
    }
    let off = report.turned_off();
    if !off.is_empty() {
        let found = format!("tokens and revocations that were confirmed can be lost: {} is off", off.join(", "));
        let fix = "turn it on as a superuser of the database; an option of the server's command line is changed there";
        return fault(found, fix).with(report.make_durable().into_iter().map(Remedy::Sql));
    }
    let told: Vec<_> = report.durability.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    ok(told.join(", "))
}

pub(super) fn clock(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let hosts = report.hosts.iter().filter_map(|host| Some((host.name.as_str(), host.state.as_ref().ok()?)));
    let clocks = hosts.map(|(name, state)| (name, state.clock_ahead_ms));
    let all = clocks.chain([("the database", report.clock_ahead_ms)]);
    let (name, ahead_ms) = all.max_by_key(|(_, ahead_ms)| ahead_ms.unsigned_abs()).unwrap_or_default();
    let told = format!("the clock of {name} differs by {ahead_ms} ms");
    let limit = config.store.max_clock_skew;
    if limit.ms() > 0 && report.clock_ahead_ms.unsigned_abs() > limit.ms() {
        return fault(
            format!("{told}; the database's by more than store.max_clock_skew ({limit}): nothing is minted"),
            "have an NTP service keep the time on both machines",
        );
    }
    if ahead_ms.unsigned_abs() > FAR_OFF_MS {
        return warning(told, "have an NTP service keep the time on both machines");
    }
    ok(told)
}

pub(super) fn connections(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let Some((most, used)) = report.connections else {
        return skipped("the database does not report it");
    };
    let needed = needed_connections(config) as u64;
    let pooled =
        if report.pooled_by_transaction { " through a pooler, which shares them by the transaction" } else { "" };
    let told = format!("a node takes up to {needed}{pooled}; the database allows {most}, of which {used} are taken");
    if needed > most {
        return fault(told, "lower store.pool, or raise max_connections");
    }
    let at_once = report.at_once as u64;
    if at_once < needed && used + needed <= most {
        return warning(
            format!("{told}; but only {at_once} are available at the same time"),
            "raise what a pooler allows (PgBouncer: default_pool_size, max_db_connections, max_client_conn) or a CONNECTION LIMIT \
             of the role or the database, or lower store.pool",
        );
    }
    // The used connections may include those of this node.
    if used > most.saturating_sub(needed) {
        return warning(told, "lower store.pool on all nodes, raise max_connections, or close other connections");
    }
    ok(told)
}

pub(super) fn rights(_: &Facts, _: &Config, report: &ServerReport) -> CheckResult {
    if report.missing_rights.is_empty() {
        return ok("all that are needed");
    }
    let told: Vec<_> = report.missing_rights.iter().map(ToString::to_string).collect();
    let grants = report.grants().into_iter().map(Remedy::Sql);
    let fix = "grant them, as the owner of the tables or as a superuser";
    fault(format!("missing: {}", told.join(", ")), fix).with(grants)
}

pub(super) fn node(_: &Facts, config: &Config, report: &ServerReport) -> CheckResult {
    let name = match app::node_chain(&config.store.node) {
        Ok(chain) => chain.as_str().to_owned(),
        Err(error) => return fault(error.to_string(), "set store.node to a name that no other node has"),
    };
    match report.processes_of_node {
        None => ok(format!("{name}; whether two processes have it cannot be seen here")),
        Some(0 | 1) => ok(format!("{name}, and no second process has it")),
        Some(count) => fault(
            format!("{count} processes are connected as the node {name}: they wait for one another at each commit"),
            "give each node a store.node of its own that never changes; then restart the nodes",
        ),
    }
}
