//! A length of time as people write it in settings: `90s`, `15m`, `12h`, `365d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A whole number of milliseconds, written with one unit: `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    ms: u64,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a length of time: write a whole number and a unit, as in \"500ms\", \"90s\", \"15m\", \"12h\" or \"365d\""
)]
pub struct PeriodError(String);

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Period {
    /// A period of whole milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self { ms }
    }

    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.ms
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn s(self) -> u64 {
        self.ms / 1000
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .and_then(|(_, ms)| number.parse::<u64>().ok()?.checked_mul(*ms))
            .map(Self::from_ms)
            .ok_or_else(|| PeriodError(text.to_owned()))
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, ms) =
            UNITS.iter().find(|(_, ms)| self.ms.is_multiple_of(*ms) && self.ms >= *ms).unwrap_or(&("s", 1000));
        write!(f, "{}{unit}", self.ms / ms)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_with_its_largest_whole_unit() {
        for text in ["0s", "1ms", "90s", "15m", "12h", "365d", "1500ms"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!("60s".parse::<Period>().unwrap().to_string(), "1m");
    }

    #[test]
    fn a_number_without_unit_or_beyond_range_is_refused() {
        for text in ["", "5", "s", "1.5h", "-1s", "5 s", "5min", "99999999999999999999s", "999999999999999999d"] {
            assert!(text.parse::<Period>().is_err(), "{text:?} was accepted");
        }
    }
}
