//! What is counted of logins.

use std::sync::Arc;

use super::login_error::LoginError;
use zonemint_base::model::User;
use zonemint_telemetry::{Lookup, Tally, label};

label! {
    /// What became of a login.
    pub(super) enum Login {
        /// The password was hashed, and is right.
        Verified = "verified",
        /// The password was right a short time ago, or in an equal attempt at the same time.
        Remembered = "remembered",
        /// Unknown user, wrong password or blocked account.
        Refused = "refused",
        /// Too many attempts from the address, or on the account.
        Limited = "limited",
        /// Too many wait already.
        Overloaded = "overloaded",
        /// The store failed.
        Unavailable = "unavailable",
    }
}

/// How a password was found to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Hashed,
    Remembered,
}

#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) logins: Tally<Login>,
    pub(super) users: Tally<Lookup>,
    pub(super) credentials: Tally<Lookup>,
}

impl Metrics {
    pub(super) fn login(&self, outcome: &Result<(Arc<User>, Proof), LoginError>) {
        self.logins.count(match outcome {
            Ok((_, Proof::Hashed)) => Login::Verified,
            Ok((_, Proof::Remembered)) => Login::Remembered,
            Err(LoginError::Refused) => Login::Refused,
            Err(LoginError::TooMany { .. }) => Login::Limited,
            Err(LoginError::Overloaded) => Login::Overloaded,
            Err(LoginError::Store(_)) => Login::Unavailable,
        });
    }
}
