//! The results of checks.

#![expect(clippy::unnecessary_wraps, reason = "these are the results of checks, which have one signature")]

use serde::Serialize;

use super::remedy::Remedy;
use zonemint_store::StoreError;
use zonemint_telemetry::error_chain;

/// The state of what was checked, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It could not be checked, or there is nothing to check.
    Skipped,
    /// Worth knowing.
    Note,
    /// It works, but may fail later, or not work as expected.
    Warning,
    /// The server does not start, or does not do what it promises.
    Fault,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// The finding of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) found: String,
    /// What to do. Every warning and fault has it. Its name in the output is `mend`.
    #[serde(rename = "mend")]
    pub(super) fix: Option<String>,
    /// Commands that do it, or part of it.
    pub(super) run: Vec<Remedy>,
}

/// An error is what prevented the check, which is a finding too.
pub(super) type CheckResult = Result<Finding, Finding>;

impl Finding {
    fn new(state: State, found: impl Into<String>, fix: Option<String>) -> Self {
        Self { state, found: found.into(), fix, run: Vec::new() }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::new(State::Skipped, why, None)
    }
}

pub(super) fn ok(found: impl Into<String>) -> CheckResult {
    Ok(Finding::new(State::Ok, found, None))
}

pub(super) fn note(found: impl Into<String>) -> CheckResult {
    Ok(Finding::new(State::Note, found, None))
}

pub(super) fn skipped(why: impl Into<String>) -> CheckResult {
    Ok(Finding::skipped(why))
}

pub(super) fn warning(found: impl Into<String>, fix: impl Into<String>) -> CheckResult {
    Ok(Finding::new(State::Warning, found, Some(fix.into())))
}

pub(super) fn fault(found: impl Into<String>, fix: impl Into<String>) -> CheckResult {
    Ok(Finding::new(State::Fault, found, Some(fix.into())))
}

/// Adds commands.
pub(super) trait WithRemedies {
    /// The same with commands, to be run in this order.
    fn with(self, remedies: impl IntoIterator<Item = Remedy>) -> Self;
}

impl WithRemedies for CheckResult {
    fn with(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        let (Ok(finding) | Err(finding)) = &mut self;
        finding.run.extend(remedies);
        self
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        let (found, fix) = (format!("the store cannot be read: {}", error_chain(&error)), "check all of it".to_owned());
        Self { run: vec![Remedy::zonemint("store check")], ..Self::new(State::Fault, found, Some(fix)) }
    }
}

/// A number of bytes in the largest unit that fits.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{}.{} {unit}", count / size, count % size * 10 / size),
        None => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_largest_unit_that_fits() {
        for (count, text) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1.0 KiB"),
            (3 << 19, "1.5 MiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
