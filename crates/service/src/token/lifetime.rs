//! How long a new token may live: one rule, which every way to make a token passes.
//!
//! A token that is taken over from another service is not made here, and keeps the end that it has.

use super::error::MintError;
use super::settings::{Lifetime, Settings};
use zonemint_base::model::TokenForm;
use zonemint_caveat::{self as caveat, Caveat, Time};

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
