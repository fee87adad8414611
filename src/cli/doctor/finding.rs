//! What a check says.

use serde::Serialize;

use super::remedy::Remedy;
use zonemint_store::StoreError;
use zonemint_telemetry::error_chain;

/// How it is, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It could not be looked at, or there is nothing to look at.
    Skipped,
    /// Worth knowing.
    Note,
    /// It works, and may not for long, or not as one thinks.
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

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) found: String,
    /// What to do. There for every warning and fault. Programs know it as `mend`.
    #[serde(rename = "mend")]
    pub(super) fix: Option<String>,
    /// Commands that do it, or a part of it.
    pub(super) run: Vec<Remedy>,
}

/// An error is what kept a check from looking, which is a finding as well.
pub(super) type CheckResult = Result<Finding, Finding>;

impl Finding {
    pub(super) fn ok(found: impl Into<String>) -> Self {
        Self { state: State::Ok, found: found.into(), fix: None, run: Vec::new() }
    }

    pub(super) fn note(found: impl Into<String>) -> Self {
        Self { state: State::Note, found: found.into(), fix: None, run: Vec::new() }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { state: State::Skipped, found: why.into(), fix: None, run: Vec::new() }
    }

    pub(super) fn warning(found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Warning, found: found.into(), fix: Some(fix.into()), run: Vec::new() }
    }

    pub(super) fn fault(found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Fault, found: found.into(), fix: Some(fix.into()), run: Vec::new() }
    }

    /// The same, with commands to run in this order.
    pub(super) fn with(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.run.extend(remedies);
        self
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        Self::fault(format!("the store cannot be read: {}", error_chain(&error)), "check all of it")
            .with([Remedy::zonemint("store check")])
    }
}

/// A number of bytes as people read it.
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
