//! Memory: what the server needs by its settings, and what the machine has.

use super::facts::Facts;
use super::finding::{CheckResult, bytes, fault, ok, skipped, warning};
use super::machine::Machine;
use crate::config::Config;

/// The most that each cached item takes, in bytes, with its share of the table.
const CACHED_TOKEN: u64 = 256;
const CACHED_PASSWORD: u64 = 512;
const CACHED_FAILURES: u64 = 128;
/// What the rest of the process takes, in bytes: code, threads, SQLite's pages, some thousand connections.
const PROCESS: u64 = 96 << 20;

pub(super) fn hashing_threads(machine: &Machine, config: &Config) -> usize {
    if config.password.threads == 0 { machine.cores } else { config.password.threads }
}

/// As [`room_for_a_hash`], on this machine; [`u64::MAX`] instead of none.
pub(in crate::cli) fn room_here(config: &Config) -> u64 {
    room_for_a_hash(&Machine::look(), config).unwrap_or(u64::MAX)
}

/// The memory that an imported password hash may take, in bytes. Such hashes are computed one at a time, in place of one of our own.
/// None if the system does not report how much memory there is.
pub(super) fn room_for_a_hash(machine: &Machine, config: &Config) -> Option<u64> {
    let limit = [machine.memory_limit, machine.memory].into_iter().flatten().min()?;
    Some(limit.saturating_sub(needed(machine, config)) + (u64::from(config.password.memory_kib) << 10))
}

/// The most that the server takes by its settings, in bytes.
fn needed(machine: &Machine, config: &Config) -> u64 {
    let hashing = hashing_threads(machine, config) as u64 * (u64::from(config.password.memory_kib) << 10);
    let geo = [config.geo.country_file(), config.geo.asn_file()];
    let geo = geo.into_iter().flatten().filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum::<u64>();
    let caches = config.token.cache_entries as u64 * CACHED_TOKEN
        + config.login.remember_entries as u64 * CACHED_PASSWORD
        + 4 * config.login.throttle_entries as u64 * CACHED_FAILURES;
    [caches, geo, config.http.body_memory as u64, PROCESS].into_iter().fold(hashing, u64::saturating_add)
}

pub(super) fn memory(facts: &Facts, config: &Config) -> CheckResult {
    let needed = needed(&facts.machine, config);
    let told = |limit, whose| format!("settings take up to {}; {whose} {}", bytes(needed), bytes(limit));
    let fix = "lower password.threads, password.memory_kib or token.cache_entries; or give it more";
    match (facts.machine.memory_limit, facts.machine.memory) {
        (Some(limit), _) if limit < needed => fault(told(limit, "the control group allows"), fix),
        (_, Some(all)) if all < needed => fault(told(all, "this machine has"), fix),
        (_, Some(all)) if all / 2 < needed => warning(told(all, "this machine has"), fix),
        (Some(limit), _) => ok(told(limit, "the control group allows")),
        (None, Some(all)) => ok(told(all, "this machine has")),
        (None, None) => skipped("the kernel does not report how much there is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    #[test]
    fn a_large_hash_has_what_is_left_and_the_place_of_one_of_ours() {
        let config = Config::load(None, &Environment::default(), &Overrides::default()).unwrap();
        let own = u64::from(config.password.memory_kib) << 10;
        let mut machine = Machine { cores: 2, memory: Some(8 << 30), memory_limit: Some(1 << 30), ..Machine::look() };
        assert_eq!(room_for_a_hash(&machine, &config), Some((1 << 30) - needed(&machine, &config) + own));
        machine.memory_limit = Some(64 << 20);
        assert_eq!(room_for_a_hash(&machine, &config), Some(own));
        (machine.memory, machine.memory_limit) = (None, None);
        assert_eq!(room_for_a_hash(&machine, &config), None);
    }
}
