//! The machine, and the address to listen on.

use super::facts::{Facts, Listening};
use super::finding::{CheckResult, WithRemedies as _, bytes, fault, note, ok, skipped, warning};
use super::machine::AddressState;
use super::memory::hashing_threads;
use super::remedy::Remedy;
use crate::config::Config;
use zonemint_base::clock::rfc3339;
use zonemint_client::Readiness;

/// Descriptors of a server besides one for each connection: files, database, log.
const BESIDE_CONNECTIONS: u64 = 256;
/// The backlog of a listening socket (listen(2), as the standard library calls it). The kernel reduces it to its own limit.
const BACKLOG: u64 = 128;
/// A clock that shows an earlier time is wrong: 2026-01-01, in seconds since the Unix epoch.
const EARLIEST_S: u64 = 1_767_225_600;
/// A clock that shows a later time is wrong: 2100-01-01.
const LATEST_S: u64 = 4_102_444_800;

pub(super) fn files(facts: &Facts, config: &Config) -> CheckResult {
    let needed = config.server.max_connections as u64 + BESIDE_CONNECTIONS;
    match facts.machine.files {
        Some(limit) if limit < needed => warning(
            format!(
                "a process may have {limit} files open here; server.max_connections = {} needs {needed}",
                config.server.max_connections
            ),
            format!("start the server with a higher limit (LimitNOFILE={needed} in its unit), or lower the setting"),
        ),
        Some(limit) => ok(format!("a process may have {limit} files open here; {needed} are needed")),
        None => ok("no limit here"),
    }
}

pub(super) fn cores(facts: &Facts, config: &Config) -> CheckResult {
    let (cores, threads) = (facts.machine.cores, hashing_threads(&facts.machine, config));
    let told = format!("{cores}; passwords are hashed on {threads}");
    if threads > cores {
        return warning(told, "set password.threads to 0, for one thread per core: more threads only share the cores");
    }
    ok(told)
}

pub(super) fn swap(facts: &Facts) -> CheckResult {
    if facts.machine.swap > 0 {
        return note(format!(
            "{} of swap, to which keys in memory may be written; encrypt it, or give the server none (MemorySwapMax=0)",
            bytes(facts.machine.swap)
        ));
    }
    ok("none, so no key in memory is written to a disk")
}

pub(super) fn clock(facts: &Facts) -> CheckResult {
    let now_s = facts.clock.now_s();
    let told = format!("it is {} here", rfc3339(now_s));
    if !(EARLIEST_S..LATEST_S).contains(&now_s) {
        return fault(told, "set the clock; tokens and certificates expire by it");
    }
    match &facts.machine.time_service {
        Some(service) => ok(format!("{told}; {service} synchronizes it")),
        None => note(format!("{told}; no service that synchronizes it was found (in a container, the host does that)")),
    }
}

pub(super) fn backlog(facts: &Facts) -> CheckResult {
    match facts.machine.backlog {
        None => skipped("the kernel does not report it"),
        Some(limit) if limit < BACKLOG => {
            warning(format!("only {limit} connections may wait to be accepted"), format!("let {BACKLOG} wait, or more"))
                .with([Remedy::Shell(format!("sysctl -w net.core.somaxconn={BACKLOG}"))])
        }
        Some(_) => ok(format!("{BACKLOG} connections may wait to be accepted")),
    }
}

pub(super) fn listen(facts: &Facts, config: &Config) -> CheckResult {
    let address = config.server.listen;
    match &facts.listening {
        Listening::Anywhere => note(format!("{address}: the system chooses a port at each start")),
        Listening::Ours(Readiness::Ready) => ok(format!("a zonemint serves at {address}, and is ready")),
        Listening::Ours(Readiness::NotReady(why)) => fault(
            format!("a zonemint is at {address}, and is not ready: {why}"),
            "check its log for errors of the store",
        ),
        Listening::Unasked(ip) => skipped(format!(
            "{address} is taken; {ip} is in server.proxy_protocol_from, so a zonemint there answers only through its proxy: \
             use zonemint health with the proxy's address"
        )),
        Listening::Other(who) => {
            let who = who.as_deref().unwrap_or("a process that this user may not see");
            fault(
                format!("{address} is taken by {who}, which does not answer as a zonemint does"),
                "stop it, or let the server listen elsewhere: server.listen, or --listen",
            )
        }
        Listening::Nobody(place) => nobody(place, config),
    }
}

fn nobody(place: &AddressState, config: &Config) -> CheckResult {
    let address = config.server.listen;
    match place {
        AddressState::Free | AddressState::InUse => ok(format!("{address} is free")),
        AddressState::Privileged => fault(
            format!("the port of {address} is for root only"),
            "AmbientCapabilities=CAP_NET_BIND_SERVICE in the server's unit, or a port from 1024 on",
        ),
        AddressState::Missing => fault(
            format!("this machine does not have the address {address}"),
            "set server.listen to an address of it, to 0.0.0.0 for all of IPv4, or to [::] where it speaks IPv6",
        ),
        AddressState::Unknown(why) => {
            fault(format!("{address} cannot be listened on: {why}"), "set server.listen to another address")
        }
    }
}
