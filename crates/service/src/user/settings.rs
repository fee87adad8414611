//! Settings of passwords and logins.

use serde::{Deserialize, Serialize};

use zonemint_base::model::{NameRule, Period};

/// The `[password]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Threads that hash; 0 for one per core.
    pub threads: usize,
    /// Hashes that may wait for a thread.
    pub queue: usize,
}

/// The `[login]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoginSettings {
    /// Which user names may be chosen.
    pub user_names: NameRule,
    /// How long a verified password is remembered at its address.
    pub remember: Period,
    /// How many verified passwords are remembered.
    pub remember_entries: usize,
    /// How far the attempts on an account are apart after one, two, three… failures.
    pub delays: Vec<Period>,
    /// After how long without an attempt an account's failures are forgotten.
    pub forget_failures: Period,
    /// Attempts that an address has free at once.
    pub address_burst: u32,
    /// How long an address waits for one more attempt.
    pub address_refill: Period,
    /// Accounts, addresses, and accounts at an address whose attempts are remembered, each.
    pub throttle_entries: usize,
    /// Attempts that may wait for their turn at the same time.
    pub waiting: usize,
}

impl PasswordSettings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        let rules = [
            // OWASP's least parameters, and ours: 19 MiB, two passes.
            (
                "password.memory_kib",
                (19_456..=4_194_304).contains(&self.memory_kib),
                "must be from 19456 to 4194304 KiB",
            ),
            ("password.iterations", (2..=100).contains(&self.iterations), "must be from 2 to 100"),
            ("password.parallelism", (1..=16).contains(&self.parallelism), "must be from 1 to 16"),
            ("password.threads", self.threads <= 1_024, "must be from 0 (one per core) to 1024"),
            ("password.queue", (1..=100_000).contains(&self.queue), "must be from 1 to 100000"),
        ];
        add_broken(&rules, problems);
    }
}

impl LoginSettings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        const ENTRIES: &str = "must be from 1 to 10000000";
        let has_room = |entries: usize| (1..=10_000_000).contains(&entries);
        let are_short = !self.delays.is_empty() && self.delays.iter().all(|delay| delay.s() <= 60);
        let rules = [
            ("login.remember", self.remember.s() <= 3_600, "must not exceed 1h"),
            ("login.delays", are_short, "must hold at least one delay, each of 60s at most"),
            ("login.address_burst", self.address_burst > 0, "must be at least 1"),
            ("login.address_refill", self.address_refill.ms() > 0, "must be at least 1ms"),
            ("login.remember_entries", has_room(self.remember_entries), ENTRIES),
            ("login.throttle_entries", has_room(self.throttle_entries), ENTRIES),
            ("login.waiting", has_room(self.waiting), ENTRIES),
        ];
        add_broken(&rules, problems);
    }
}

/// Adds the rules that do not hold.
fn add_broken(rules: &[(&'static str, bool, &str)], problems: &mut Vec<(&'static str, String)>) {
    problems.extend(rules.iter().filter(|(_, holds, _)| !holds).map(|(key, _, rule)| (*key, (*rule).to_owned())));
}
