//! A user, and the hash that a password is checked against.

use std::fmt;

use super::{FullName, UserId, UserName};

/// A password's hash as a PHC string. Its Debug output tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string (<https://github.com/P-H-C/phc-string-format>). It is checked where it is used.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string: a secret, to be written nowhere but into the store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Someone who can own tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Stays the same for ever.
    pub id: UserId,
    /// What the user signs in with.
    pub name: UserName,
    /// How the user is addressed.
    pub full_name: FullName,
    /// What the password is checked against.
    pub password: PasswordHash,
    /// A blocked user can neither sign in nor use a token.
    pub blocked: bool,
    /// When the account was made, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// Rises with every change of this user, so that what was remembered of an earlier one no longer counts.
    pub version: u64,
}
