//! `zonemint doctor`: checks a machine and the settings, and says what to fix. It changes nothing, and works before a first
//! start as well as next to a running server.
//!
//! First all facts are gathered in a [`Facts`]. Each check is one function that judges them, and a row of [`CHECKS`].
//!
//! To add a check: a function in the file of its subject, a row here, and rows in `tests.rs` that show it satisfied and not.

mod accounts;
mod certificate;
mod database;
mod exposure;
mod facts;
mod finding;
mod folder;
mod future;
mod geo;
mod hosts;
mod keys;
mod lives;
mod machine;
mod memory;
mod remedy;
mod settings;
mod shared;
mod system;
mod trail;

use std::fmt::Write as _;

use serde::Serialize;

use super::output::{Format, Output, tabbed};
use super::{Failure, Location};
use crate::config::Config;
use facts::{Database, Facts};
use finding::{CheckResult, Finding, State};
use zonemint_store::postgres;

pub(super) use memory::room_here;

pub(super) const AFTER_HELP: &str = "\
Each line shows the state, the check and the finding. Below a warning or a fault is what to do, and
the commands for it: for a shell (as the server's user, or root), or SQL for the database. States:
  ok       as it should be
  note     worth knowing
  warning  it works, but may fail later, or not work as expected
  fault    the server does not start, or does not do what it promises
  skipped  it could not be checked, or there is nothing to check

With --format json it prints an array of objects with `check`, `state`, `found`, `mend` and `run`.
`run` holds the commands, each as `shell` or `sql`.

Run it as the user that the server runs as, with the same settings. Limits are those of this
command.

Exit codes: 0 without a fault; 1 with one; 3 wrong settings.";

/// Check this machine and the settings, and say what to fix
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: Output,
    /// Measure how long a disk write takes, with a temporary file in the data folder
    #[arg(long)]
    measure: bool,
    #[command(flatten)]
    location: Location,
}

/// One check and its name.
struct Check {
    name: &'static str,
    run: CheckFn,
}

/// The function of a check, by what it needs.
enum CheckFn {
    /// Whether there are settings.
    Validity(fn(&Facts) -> Vec<Finding>),
    /// The machine.
    Machine(fn(&Facts) -> CheckResult),
    /// The machine and the settings.
    Settings(fn(&Facts, &Config) -> CheckResult),
    /// Also a database that nodes share.
    Shared(fn(&Facts, &Config, &postgres::ServerReport) -> CheckResult),
}

const CHECKS: [Check; 44] = {
    use CheckFn::{Machine, Settings, Shared, Validity};
    [
        Check { name: "settings", run: Validity(settings::valid) },
        Check { name: "web origins", run: Settings(settings::origins) },
        Check { name: "proxies", run: Settings(settings::proxies) },
        Check { name: "metrics", run: Settings(settings::metrics) },
        Check { name: "revocation", run: Settings(settings::staleness) },
        Check { name: "guessing", run: Settings(settings::delays) },
        Check { name: "retention", run: Settings(settings::retention) },
        Check { name: "log", run: Settings(settings::log) },
        Check { name: "token domain", run: Settings(settings::domain) },
        Check { name: "cores", run: Settings(system::cores) },
        Check { name: "memory", run: Settings(memory::memory) },
        Check { name: "swap", run: Machine(system::swap) },
        Check { name: "open files", run: Settings(system::files) },
        Check { name: "backlog", run: Machine(system::backlog) },
        Check { name: "clock", run: Machine(system::clock) },
        Check { name: "data folder", run: Settings(folder::folder) },
        Check { name: "file system", run: Settings(folder::file_system) },
        Check { name: "disk space", run: Settings(folder::room) },
        Check { name: "disk writes", run: Settings(folder::write) },
        Check { name: "database", run: Settings(database::database) },
        Check { name: "database hosts", run: Shared(hosts::hosts) },
        Check { name: "database protection", run: Shared(shared::protection) },
        Check { name: "database durability", run: Shared(shared::durability) },
        Check { name: "database clock", run: Shared(shared::clock) },
        Check { name: "database connections", run: Shared(shared::connections) },
        Check { name: "database rights", run: Shared(shared::rights) },
        Check { name: "node name", run: Shared(shared::node) },
        Check { name: "key-encryption key", run: Settings(keys::key_encryption_key) },
        Check { name: "secret files", run: Settings(exposure::secrets) },
        Check { name: "root keys", run: Settings(keys::keyring) },
        Check { name: "token lifetimes", run: Settings(lives::lives) },
        Check { name: "large accounts", run: Settings(accounts::large) },
        Check { name: "rows of the future", run: Settings(future::future) },
        Check { name: "administrator", run: Settings(accounts::administrator) },
        Check { name: "password hashes", run: Settings(accounts::hashes) },
        Check { name: "groups", run: Settings(accounts::groups) },
        Check { name: "audit trail", run: Settings(trail::trail) },
        Check { name: "geo databases", run: Settings(geo::geo) },
        Check { name: "certificate", run: Settings(certificate::pair) },
        Check { name: "certificate's time", run: Settings(certificate::end) },
        Check { name: "certificate's names", run: Settings(certificate::names) },
        Check { name: "certificate's chain", run: Settings(certificate::chain) },
        Check { name: "certificate orders", run: Settings(certificate::orders) },
        Check { name: "address", run: Settings(system::listen) },
    ]
};

/// Why most checks are skipped when the settings are wrong. In the output for people this is one line.
const WITHOUT_SETTINGS: &str = "the settings are wrong";

/// One line or one object of the output.
#[derive(Serialize)]
struct CheckReport {
    check: &'static str,
    #[serde(flatten)]
    finding: Finding,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let facts = Facts::gather(&arguments.location, arguments.measure)?;
    let lines: Vec<_> = CHECKS.iter().flat_map(|check| check.lines(&facts)).collect();
    facts.leave();
    super::print(&match arguments.output.format() {
        Format::Json => serde_json::to_string_pretty(&lines)? + "\n",
        Format::Plain => plain(&lines),
        Format::Table => text(&lines),
    })?;
    if facts.config.is_err() {
        return Err(Failure::Settings);
    }
    if lines.iter().any(|line| line.finding.state == State::Fault) { Err(Failure::No) } else { Ok(()) }
}

impl Check {
    fn lines(&self, facts: &Facts) -> Vec<CheckReport> {
        let report = |mut finding: Finding| {
            finding.run = finding.run.into_iter().map(|remedy| remedy.at(&facts.location)).collect();
            CheckReport { check: self.name, finding }
        };
        self.findings(facts).into_iter().map(report).collect()
    }

    /// None if the check does not concern this store.
    fn findings(&self, facts: &Facts) -> Vec<Finding> {
        let config = facts.config.as_ref().map_err(|_| Finding::skipped(WITHOUT_SETTINGS));
        let found = match (&self.run, config) {
            (CheckFn::Validity(run), _) => return run(facts),
            (CheckFn::Machine(run), _) => run(facts),
            (CheckFn::Settings(run), Ok(config)) => run(facts, config),
            (CheckFn::Shared(run), Ok(config)) => match &facts.database {
                Database::Shared(report, _) => run(facts, config, report),
                _ if config.store.is_shared() => Err(Finding::skipped("the database cannot be used")),
                _ => return Vec::new(),
            },
            (CheckFn::Settings(_) | CheckFn::Shared(_), Err(skipped)) => Err(skipped),
        };
        vec![found.unwrap_or_else(|kept| kept)]
    }
}

fn text(lines: &[CheckReport]) -> String {
    const STATE: usize = "skipped".len() + 2;
    let mut text = String::new();
    let is_left_out = |line: &&CheckReport| line.finding.found == WITHOUT_SETTINGS;
    for CheckReport { check, finding: Finding { state, found, fix, run } } in
        lines.iter().filter(|line| !is_left_out(line))
    {
        let _ = writeln!(text, "{:STATE$}{check}: {}", state.name(), one_line(found));
        if let Some(fix) = fix {
            let _ = writeln!(text, "{:STATE$}  {}", "", one_line(fix));
        }
        for remedy in run {
            let _ = writeln!(text, "{:STATE$}    {}", "", remedy.text());
        }
    }
    let count = |wanted| lines.iter().filter(|line| line.finding.state == wanted).count();
    let faults = settings::counted(count(State::Fault), "fault", "faults");
    let warnings = settings::counted(count(State::Warning), "warning", "warnings");
    let _ = match lines.iter().filter(is_left_out).count() {
        0 => writeln!(text, "{faults}, {warnings}"),
        count => writeln!(text, "{faults}, {warnings}; {count} checks need settings that are valid"),
    };
    text
}

/// State, check and finding, one line each.
fn plain(lines: &[CheckReport]) -> String {
    let row = |line: &CheckReport| {
        [line.finding.state.name().to_owned(), line.check.to_owned(), one_line(&line.finding.found)]
    };
    tabbed(&lines.iter().map(row).collect::<Vec<_>>())
}

/// Texts of other programs, as those of errors, may have several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
