//! A user or a service, and the hash that a password is checked against.

use super::{FullName, Privilege, Privileges, Subject, SubjectKind, UserId, UserName};

/// A password's hash as a PHC string. Its Debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string (<https://github.com/P-H-C/phc-string-format>). It is checked when it is used.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string: a secret, to be written only to the store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

crate::opaque_debug!(PasswordHash);

/// An account, which can own tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column, and says something of its own")]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// A user or a service.
    pub kind: SubjectKind,
    /// The name with which a user signs in.
    pub name: Option<UserName>,
    /// Whether the store finds the user by each spelling of the name that differs only in case. The store sets this, and ignores the
    /// value that it is given.
    pub ignores_case: bool,
    /// The full name of a user, or the name of a service.
    pub full_name: FullName,
    /// The hash of the password.
    pub password: Option<PasswordHash>,
    /// Whether the user may sign in with the password.
    pub basic_auth: bool,
    /// A blocked user can neither sign in nor use a token.
    pub blocked: bool,
    /// What the user may do to others.
    pub privileges: Privileges,
    /// The generation of temporary tokens that is valid now; from 1 on.
    pub generation: u64,
    /// When the account was created, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// Incremented with every change of this user, which invalidates cached earlier versions.
    pub version: u64,
    /// Incremented with every new password, and when sign-in with a password is disabled: requests that an earlier password authorised
    /// are then refused.
    pub password_version: u64,
    /// Whether the password allows only one operation: to set another one.
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

    /// Whether this is the user's name, by the store's comparison of names.
    #[must_use]
    pub fn is_called(&self, name: &UserName) -> bool {
        let is_same = |own: &UserName| own == name || (self.ignores_case && own.folded() == name.folded());
        self.name.as_ref().is_some_and(is_same)
    }

    /// The account as the subject of a token.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject { kind: self.kind, id: self.id }
    }

    /// Whether the user can sign in, and set everybody's password.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        !self.blocked && self.usable_password().is_some() && self.privileges.contain(Privilege::UsersManagePasswords)
    }

    /// The hash of the password with which the user can sign in, if there is one and it may be used.
    #[must_use]
    pub fn usable_password(&self) -> Option<&PasswordHash> {
        self.password.as_ref().filter(|_| self.basic_auth)
    }
}
