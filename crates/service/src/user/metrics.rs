//! What is counted of logins.

use std::sync::Arc;

use super::accounts::Accounts;
use super::sign_in::LoginError;
use zonemint_base::model::User;
use zonemint_telemetry::{Exposition, Lookup, Tally, label, real};

label! {
    /// What became of a login.
    enum Login {
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
    logins: Tally<Login>,
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

impl Accounts {
    /// Tells what was counted, and of each cache its name, its lookups and its entries for who tells of all caches together.
    #[must_use]
    pub fn measure(&self, into: &mut Exposition) -> [(&'static str, &Tally<Lookup>, f64); 2] {
        let Metrics { logins, users, credentials } = &self.metrics;
        into.tally("zonemint_logins", "Logins by name and password, by what became of them", "result", logins);
        self.pool.measure(into);
        [
            ("users", users, real(self.remembered.len() as u64)),
            ("credentials", credentials, real(self.credentials.len() as u64)),
        ]
    }
}
