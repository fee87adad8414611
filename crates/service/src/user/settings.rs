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
    /// OWASP's and our own least parameters: 19 MiB, two passes.
    const LEAST_MEMORY_KIB: u32 = 19_456;

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if !(Self::LEAST_MEMORY_KIB..=4_194_304).contains(&self.memory_kib) {
            problems.push(("password.memory_kib", "must be from 19456 to 4194304 KiB".into()));
        }
        if !(2..=100).contains(&self.iterations) {
            problems.push(("password.iterations", "must be from 2 to 100".into()));
        }
        if !(1..=16).contains(&self.parallelism) {
            problems.push(("password.parallelism", "must be from 1 to 16".into()));
        }
        if self.threads > 1_024 {
            problems.push(("password.threads", "must be from 0 (one per core) to 1024".into()));
        }
        if !(1..=100_000).contains(&self.queue) {
            problems.push(("password.queue", "must be from 1 to 100000".into()));
        }
    }
}

impl LoginSettings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if self.remember.s() > 3_600 {
            problems.push(("login.remember", "must not exceed 1h".into()));
        }
        if self.delays.is_empty() || self.delays.iter().any(|delay| delay.s() > 60) {
            problems.push(("login.delays", "must hold at least one delay, each of 60s at most".into()));
        }
        if self.address_burst == 0 {
            problems.push(("login.address_burst", "must be at least 1".into()));
        }
        if self.address_refill.ms() == 0 {
            problems.push(("login.address_refill", "must be at least 1ms".into()));
        }
        for (key, value) in [
            ("login.remember_entries", self.remember_entries),
            ("login.throttle_entries", self.throttle_entries),
            ("login.waiting", self.waiting),
        ] {
            if !(1..=10_000_000).contains(&value) {
                problems.push((key, "must be from 1 to 10000000".into()));
            }
        }
    }
}
