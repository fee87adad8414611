//! The settings: whether they are valid, and which are dangerous.

use super::facts::Facts;
use super::finding::{CheckResult, Finding, WithRemedies as _, fault, note, ok, warning};
use super::remedy::Remedy;
use crate::config::{Config, Problem, Problems};
use zonemint_telemetry::Format;

/// With a longer `token.max_staleness`, in seconds, a revocation takes effect later than an operator may expect.
const LONG_STALENESS_S: u64 = 60;
/// The shortest prefixes of networks that can be trusted: those of private networks (RFC 1918, RFC 4193).
const LEAST_PREFIX_V4: u8 = 8;
const LEAST_PREFIX_V6: u8 = 16;
/// How long changes should be kept for nodes and commands that were disconnected, in seconds.
const SHORT_KEEPING_S: u64 = 3_600;

/// One finding and notes, or a fault for each problem.
pub(super) fn valid(facts: &Facts) -> Vec<Finding> {
    let file =
        facts.location.config.as_ref().map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
    match &facts.config {
        Ok(config) => {
            let notes =
                config.unreachable().into_iter().flat_map(|Problem { at, reason }| note(format!("{at}: {reason}")));
            ok(format!("{file} and the environment are valid")).into_iter().chain(notes).collect()
        }
        Err(Problems(problems)) => problems.iter().flat_map(|problem| describe(problem, &file)).collect(),
    }
}

fn describe(Problem { at, reason }: &Problem, file: &str) -> CheckResult {
    let fix = if at.starts_with("ZONEMINT_") {
        format!("change or unset {at}; the defaults say what each setting means")
    } else if *at == file {
        format!("correct {file}, or name another file with --config")
    } else {
        format!("change {at} in {file}, or where it is set")
    };
    fault(format!("{at}: {reason}"), fix).with([Remedy::Shell("zonemint config default".to_owned())])
}

pub(super) fn origins(_: &Facts, config: &Config) -> CheckResult {
    if config.http.allow_origins.iter().any(|origin| origin == "*") {
        return note("pages of every web origin may call the API, as at Onezone; http.allow_origins can limit them");
    }
    ok(format!("{} may call", counted(config.http.allow_origins.len(), "web origin", "web origins")))
}

pub(super) fn proxies(_: &Facts, config: &Config) -> CheckResult {
    let lists = [
        ("http.trusted_proxies", &config.http.trusted_proxies),
        ("server.proxy_protocol_from", &config.server.proxy_protocol_from),
    ];
    let all = || lists.iter().flat_map(|(key, entries)| entries.iter().map(move |entry| (*key, entry)));
    match all().find(|(_, entry)| is_wide(entry)) {
        Some((key, entry)) => warning(
            format!("{key} has {entry}: every host in it can claim any client address"),
            format!("list in {key} only the proxies' own addresses"),
        ),
        None => ok(format!(
            "trusted to report the client's address: {}",
            counted(all().count(), "address or range", "addresses and ranges")
        )),
    }
}

pub(super) fn metrics(_: &Facts, config: &Config) -> CheckResult {
    let networks = &config.metrics.networks;
    if let Some(entry) = networks.iter().find(|entry| is_wide(entry)) {
        return warning(
            format!("every host in {entry} can read the metrics without credentials (metrics.networks)"),
            "list in metrics.networks only where they are collected from; others can use the privilege zm_metrics_view",
        );
    }
    let count = counted(networks.len(), "address or network", "addresses and networks");
    ok(format!("may be read without credentials from {count}"))
}

fn is_wide(entry: &str) -> bool {
    let Some((address, prefix)) = entry.split_once('/') else { return false };
    let least = if address.contains(':') { LEAST_PREFIX_V6 } else { LEAST_PREFIX_V4 };
    prefix.parse().is_ok_and(|prefix: u8| prefix < least)
}

pub(super) fn staleness(_: &Facts, config: &Config) -> CheckResult {
    let most = config.token.max_staleness;
    if most.s() > LONG_STALENESS_S {
        return warning(
            format!("a revoked token may be accepted for {most} while the store is unavailable (token.max_staleness)"),
            "set token.max_staleness to 1m or less; the default is 5s",
        );
    }
    ok(format!("takes effect everywhere within {most}, or nothing is accepted"))
}

pub(super) fn delays(_: &Facts, config: &Config) -> CheckResult {
    if config.login.delays.iter().all(|delay| delay.ms() == 0) {
        return warning(
            "wrong passwords cause no delay (login.delays)",
            "set login.delays to the default: [\"1s\", \"3s\", \"5s\", \"10s\"]",
        );
    }
    let last = config.login.delays.last().map(ToString::to_string).unwrap_or_default();
    ok(format!("wrong passwords delay the next login to their account, for {last} at most"))
}

pub(super) fn retention(_: &Facts, config: &Config) -> CheckResult {
    let store = &config.store;
    if store.keep_changes.s() < SHORT_KEEPING_S {
        return warning(
            format!(
                "changes are kept for {} only: a node that was away for longer drops its whole cache",
                store.keep_changes
            ),
            "set store.keep_changes to 1h or more; the default is 7d",
        );
    }
    if store.purge.s() >= SHORT_KEEPING_S {
        return warning(
            format!("expired tokens and old changes are deleted only every {}: they can pile up", store.purge),
            "set store.purge to a minute or less; the default is 1s",
        );
    }
    ok(format!("expired tokens are kept for {}, changes for {}", store.keep_expired, store.keep_changes))
}

pub(super) fn log(_: &Facts, config: &Config) -> CheckResult {
    match config.log.level.as_str() {
        "off" | "error" => warning(
            format!("log.level = {:?} hides early warnings of faults", config.log.level),
            "set log.level to \"info\"",
        ),
        "debug" | "trace" => note(format!("log.level = {:?} is for debugging, and writes much", config.log.level)),
        level => {
            let format = if config.log.format == Format::Json { "JSON" } else { "lines for people" };
            let requests = if config.log.requests { "with" } else { "without" };
            ok(format!("level {level}, {format}, {requests} a line for each request"))
        }
    }
}

pub(super) fn domain(_: &Facts, config: &Config) -> CheckResult {
    if config.token.domain == "localhost" && !config.server.listen.ip().is_loopback() {
        return note(
            "tokens name localhost as their server; token.domain can be the name by which clients reach this service",
        );
    }
    ok(format!("tokens name {} as their server", config.token.domain))
}

/// A number with the name of what is counted.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {one}"),
        1 => format!("one {one}"),
        _ => format!("{count} {many}"),
    }
}
