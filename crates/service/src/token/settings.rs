//! Settings of the token service.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use zonemint_base::clock::DAY_S;
use zonemint_base::model::{LONGEST_DAYS, Period, PeriodError};
use zonemint_macaroon::{Encoding, Limits};

/// The alphabet of tokens whose request names no encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Alphanumeric, as Onezone has it.
    Base62,
    /// Base64url without padding.
    Base64url,
}

impl From<Alphabet> for Encoding {
    fn from(alphabet: Alphabet) -> Self {
        match alphabet {
            Alphabet::Base62 => Self::Onezone,
            Alphabet::Base64url => Self::BASE64URL,
        }
    }
}

/// The longest life of a token: a period, or `none` for one without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Lifetime {
    /// No end.
    Unlimited,
    /// So long.
    For(Period),
}

impl Lifetime {
    /// How it is written when there is no end.
    const NONE: &str = "none";
}

impl FromStr for Lifetime {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if text == Self::NONE { Ok(Self::Unlimited) } else { text.parse().map(Self::For) }
    }
}

impl TryFrom<String> for Lifetime {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str(Self::NONE),
            Self::For(period) => period.fmt(f),
        }
    }
}

impl From<Lifetime> for String {
    fn from(lifetime: Lifetime) -> Self {
        lifetime.to_string()
    }
}

/// The `[token]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The location packet of client tokens.
    pub location: String,
    /// The location packet of named and temporary tokens: this service's domain.
    pub domain: String,
    /// How long a token lives when its request does not say.
    pub ttl: Period,
    /// The longest life of a client token.
    pub max_ttl: Period,
    /// The longest life of a named token, if there is a limit.
    pub max_named_ttl: Lifetime,
    /// The longest life of a temporary token.
    pub max_temporary_ttl: Period,
    /// How long a client token lives that a macaroon request asks for and says no end of.
    pub macaroon_request_ttl: Period,
    /// In which alphabet tokens are handed out. Every encoding is accepted.
    pub alphabet: Alphabet,
    /// Longest token text accepted, in characters.
    pub max_length: usize,
    /// Most caveats in a token.
    pub max_caveats: usize,
    /// Longest caveat, in bytes.
    pub max_caveat: usize,
    /// Most good tokens of an account; 0 for no limit.
    pub max_per_account: u64,
    /// Tokens whose state is remembered.
    pub cache_entries: usize,
    /// How often it is written when tokens were last used.
    pub write_uses: Period,
    /// Whether the minute, the network and the service of a token's last use are kept, or its day alone.
    pub keep_last_use: bool,
    /// How often it is written how often tokens were used.
    pub write_counts: Period,
    /// How long what is remembered is believed without news of changes.
    pub max_staleness: Period,
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        for (key, text) in [("token.location", &self.location), ("token.domain", &self.domain)] {
            // Three libraries count characters where the format counts bytes, and write packets that nobody can read.
            if text.is_empty() || text.len() > 255 || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
                problems.push((key, "must have 1 to 255 characters, all of them printable ASCII".into()));
            }
        }
        if !(1..=365 * 86_400).contains(&self.max_temporary_ttl.s()) {
            problems.push(("token.max_temporary_ttl", "must be from 1s to 365d".into()));
        }
        if self.macaroon_request_ttl.s() == 0 {
            problems.push(("token.macaroon_request_ttl", "must be at least 1s".into()));
        }
        if self.ttl.s() == 0 || self.ttl > self.max_ttl {
            problems.push(("token.ttl", format!("must be from 1s to token.max_ttl, which is {}", self.max_ttl)));
        }
        if self.max_ttl.s() > 100 * 365 * 86_400 {
            problems.push(("token.max_ttl", "must not exceed 36500d".into()));
        }
        if let Lifetime::For(longest) = self.max_named_ttl
            && !(1..=36_500 * 86_400).contains(&longest.s())
        {
            problems.push(("token.max_named_ttl", "must be \"none\", or from 1s to 36500d".into()));
        }
        // Below the least ones, tokens that this server makes itself could not be used.
        for (key, value, range, unit) in [
            ("token.max_length", self.max_length, 512..=Limits::MOST.text, " characters"),
            ("token.max_caveats", self.max_caveats, 10..=Limits::MOST.caveats, ""),
            ("token.max_caveat", self.max_caveat, 256..=Limits::MOST.caveat, " bytes"),
        ] {
            if !range.contains(&value) {
                problems.push((key, format!("must be from {} to {}{unit}", range.start(), range.end())));
            }
        }
        if !(1..=100_000_000).contains(&self.cache_entries) {
            problems.push(("token.cache_entries", "must be from 1 to 100000000".into()));
        }
        for (key, every) in [("token.write_uses", self.write_uses), ("token.write_counts", self.write_counts)] {
            if !(100..=3_600_000).contains(&every.ms()) {
                problems.push((key, "must be from 100ms to 1h".into()));
            }
        }
        if self.max_staleness.s() == 0 {
            problems.push(("token.max_staleness", "must be at least 1s".into()));
        }
    }

    /// The longest life that is not too long, in seconds: `token.max_named_ttl`, or [`LONGEST_DAYS`] where that says none.
    #[must_use]
    pub fn longest_life_s(&self) -> u64 {
        match self.max_named_ttl {
            Lifetime::For(period) => period.s(),
            Lifetime::Unlimited => LONGEST_DAYS * DAY_S,
        }
    }

    /// The parser's bounds.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { text: self.max_length, caveats: self.max_caveats, caveat: self.max_caveat }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_a_lifetime_and_is_written_so() {
        assert_eq!("none".parse(), Ok(Lifetime::Unlimited));
        assert_eq!("90d".parse(), Ok(Lifetime::For(Period::from_ms(90 * 86_400_000))));
        for text in ["none", "90d"] {
            assert_eq!(text.parse::<Lifetime>().map(String::from), Ok(text.to_owned()));
        }
        for text in ["", "None", "never", "0"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
