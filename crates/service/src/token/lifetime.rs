//! How long a new token may live: one rule, which every way to make a token passes.
//!
//! A token that is taken over from another service is not made here, and keeps the end that it has.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::mint::MintError;
use super::service::TokenService;
use super::settings::Settings;
use zonemint_base::model::{Period, PeriodError, Token, TokenForm};
use zonemint_caveat::{self as caveat, Caveat, Time};

/// The longest life of a token: a period, or `none` for one without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
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

/// Which setting bounds a new token's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// `token.max_ttl`
    Client,
    /// `token.max_named_ttl`
    Named,
    /// `token.max_temporary_ttl`. Whoever asks for one has to say when it ends.
    Temporary,
    /// None: the operator has asked for a token without an end.
    Lifted,
}

impl Bound {
    /// What bounds a token that takes the place of another one.
    pub(super) fn of(form: TokenForm) -> Self {
        match form {
            TokenForm::Bare => Self::Client,
            TokenForm::Structured(_) => Self::Named,
        }
    }

    fn longest_s(self, settings: &Settings) -> Option<u64> {
        match self {
            Self::Client => Some(settings.max_ttl.s()),
            Self::Temporary => Some(settings.max_temporary_ttl.s()),
            Self::Named => match settings.max_named_ttl {
                Lifetime::Unlimited => None,
                Lifetime::For(period) => Some(period.s()),
            },
            Self::Lifted => None,
        }
    }

    /// Gives a new token's caveats back, with an end within the bound. `asked_end` is the one that the request says: one that is
    /// too late is an error, and where there is none the latest is added. `now_s` is in seconds since the Unix epoch.
    pub(super) fn apply(
        self,
        settings: &Settings,
        mut caveats: Vec<Caveat>,
        asked_end: Option<u64>,
        now_s: u64,
    ) -> Result<Vec<Caveat>, MintError> {
        let Some(max_ttl_s) = self.longest_s(settings) else { return Ok(caveats) };
        let latest = now_s.saturating_add(max_ttl_s);
        if caveat::valid_until(&caveats).is_some_and(|until| until <= latest) {
            return Ok(caveats);
        }
        if asked_end.is_some() || self == Self::Temporary {
            return Err(MintError::TimeRequired { max_ttl_s });
        }
        caveats.push(Caveat::Time(Time::until(latest)));
        // Client tokens have one time caveat.
        Ok(if self == Self::Client { caveat::simplify(&caveats) } else { caveats })
    }
}

impl TokenService {
    /// Ends that may be asked for when a token takes another one's place, in seconds since the Unix epoch. A named token is bound by
    /// `token.max_named_ttl` when it is made.
    #[must_use]
    pub fn ends_of_successor(&self, old: &Token) -> RangeInclusive<u64> {
        let now_s = self.clock.earliest_s();
        let latest = match old.form {
            TokenForm::Bare => now_s.saturating_add(self.settings.max_ttl.s()),
            TokenForm::Structured(_) => Time::LATEST,
        };
        now_s + 1..=latest
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
