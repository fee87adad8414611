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

/// A text that is not a length of time.
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

    /// Reads a length of time of ISO 8601: `P1DT2H3M4S`, each part optional. As in Java, which grid clients use, lower-case letters and
    /// plus signs are allowed, and a fraction of a second, which is cut to milliseconds. None if it has years or months, which have no
    /// fixed length.
    #[must_use]
    pub fn from_iso8601(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let parts = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P')?;
        let (days, time) = parts.split_once('T').map_or((parts, None), |(days, time)| (days, Some(time)));
        if parts.is_empty() || time.is_some_and(str::is_empty) {
            return None;
        }
        let days = sum(days, &[('D', 86_400_000)])?;
        let (time, fraction) = cut_fraction(time.unwrap_or_default())?;
        let time = sum(&time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)])?;
        days.checked_add(time)?.checked_add(fraction).map(Self::from_ms)
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

/// Cuts the fraction of a second from the end of a text, in milliseconds. Java reads up to nine digits after a point or a
/// comma.
fn cut_fraction(text: &str) -> Option<(String, u64)> {
    let Some((whole, fraction)) = text.split_once(['.', ',']) else { return Some((text.to_owned(), 0)) };
    let digits = fraction.strip_suffix('S').filter(|digits| digits.len() <= 9)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms = format!("{digits:0<3}")[..3].parse().ok()?;
    Some((format!("{whole}S"), ms))
}

/// Adds up numbers, each with one of the units, which come in this order and once each.
fn sum(mut text: &str, mut units: &[(char, u64)]) -> Option<u64> {
    let mut all = 0_u64;
    while !text.is_empty() {
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        let (number, rest) = unsigned.split_at(unsigned.find(|c: char| !c.is_ascii_digit())?);
        let unit = rest.chars().next()?;
        let at = units.iter().position(|(name, _)| *name == unit)?;
        all = all.checked_add(number.parse::<u64>().ok()?.checked_mul(units[at].1)?)?;
        (text, units) = (&rest[unit.len_utf8()..], &units[at + 1..]);
    }
    Some(all)
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
    fn iso_8601_is_read_in_units_of_fixed_length() {
        for (text, seconds) in [
            ("PT1H", 3_600),
            ("PT0S", 0),
            ("PT48h", 172_800),
            ("pt90m", 5_400),
            ("P7D", 604_800),
            ("P1DT12H30M5S", 131_405),
            ("PT3600S", 3_600),
            ("PT060M", 3_600),
        ] {
            assert_eq!(Period::from_iso8601(text), Some(Period::from_ms(seconds * 1_000)), "{text}");
        }
    }

    #[test]
    fn signs_and_fractions_of_a_second_are_read_as_java_does() {
        for (text, ms) in [
            ("P+1D", 86_400_000),
            ("+PT+1H+2M", 3_720_000),
            ("PT0.5S", 500),
            ("PT1,25S", 1_250),
            ("PT1M0.0019S", 60_001),
            ("PT5.S", 5_000),
            ("PT0.123456789S", 123),
        ] {
            assert_eq!(Period::from_iso8601(text), Some(Period::from_ms(ms)), "{text}");
        }
        for text in
            ["PT1.5H", "PT.5S", "PT0.5", "PT0.1234567890S", "PT0.5SS", "PT0.+5S", "P1.5D", "PT++1H", "P+D", "++P1D"]
        {
            assert_eq!(Period::from_iso8601(text), None, "{text:?} was accepted");
        }
    }

    #[test]
    fn whatever_is_no_length_of_time_in_iso_8601_is_refused() {
        for text in [
            "", "P", "PT", "P1DT", "1H", "T1H", "PT1", "PTH", "PT1H1H", "PT1M1H", "P1H", "PT1D", "P1Y", "P1M", "P1W",
            "-PT1H", "PT-1H", " PT1H", "PT1H ", "PT1H\n", "PPT1H", "PT1HT1M", "PT\u{661}H", "PT99999999999999999999S",
            "P999999999999D",
        ] {
            assert_eq!(Period::from_iso8601(text), None, "{text:?} was accepted");
        }
    }

    #[test]
    fn a_number_without_unit_or_beyond_range_is_refused() {
        for text in ["", "5", "s", "1.5h", "-1s", "5 s", "5min", "99999999999999999999s", "999999999999999999d"] {
            assert!(text.parse::<Period>().is_err(), "{text:?} was accepted");
        }
    }
}
