//! A user or a service, and the hash that a password is checked against.

use std::fmt;

use super::{FullName, Privilege, Privileges, Subject, SubjectKind, UserId, UserName};

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
#[expect(clippy::struct_excessive_bools, reason = "each is a column, and says something of its own")]
pub struct User {
    /// Stays the same for ever.
    pub id: UserId,
    /// A person or a service.
    pub kind: SubjectKind,
    /// What a person signs in with.
    pub name: Option<UserName>,
    /// Whether the store finds the user by each spelling of the name that differs in case only. The store tells, whatever it is given.
    pub ignores_case: bool,
    /// How the user is addressed; what a service is called.
    pub full_name: FullName,
    /// What the password is checked against.
    pub password: Option<PasswordHash>,
    /// Whether the user may sign in with the password.
    pub basic_auth: bool,
    /// A blocked user can neither sign in nor use a token.
    pub blocked: bool,
    /// What the user may do to others.
    pub privileges: Privileges,
    /// The generation of temporary tokens that is good now; from 1 on.
    pub generation: u64,
    /// When the account was made, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// Rises with every change of this user, so that what was remembered of an earlier one no longer counts.
    pub version: u64,
    /// Rises with every new password, and when sign-in with one is ended: what was authorised by an earlier one is not done any
    /// more.
    pub password_version: u64,
    /// Whether the password is good for one thing only: to set another one.
    pub must_change: bool,
}

impl User {
    /// A new account that may do nothing to others.
    #[must_use]
    pub fn new(id: UserId, kind: SubjectKind, full_name: FullName, created_ms: u64) -> Self {
        Self {
            id,
            kind,
            name: None,
            ignores_case: false,
            full_name,
            password: None,
            basic_auth: false,
            blocked: false,
            privileges: Privileges::NONE,
            generation: 1,
            created_ms,
            version: 1,
            password_version: 1,
            must_change: false,
        }
    }

    /// Whether this is the user's name, as the store compares names.
    #[must_use]
    pub fn is_called(&self, name: &UserName) -> bool {
        let is_same = |own: &UserName| own == name || (self.ignores_case && own.folded() == name.folded());
        self.name.as_ref().is_some_and(is_same)
    }

    /// As a token names it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject { kind: self.kind, id: self.id }
    }

    /// Whether the user can sign in, and set everybody's password.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        !self.blocked && self.usable_password().is_some() && self.privileges.contain(Privilege::UsersManagePasswords)
    }

    /// The hash that the user can sign in with, if there is one and it may be used.
    #[must_use]
    pub fn usable_password(&self) -> Option<&PasswordHash> {
        self.password.as_ref().filter(|_| self.basic_auth)
    }
}
