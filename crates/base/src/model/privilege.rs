//! What an administrator may do to others, by Onezone's names; privileges that Onezone does not have are `zm_…`.
//!
//! Privileges are stored by name, and a program that is older than a name cannot read a user who has it. So on a shared store a new
//! one may be granted only when every node knows it, and no migration grants any.

use std::fmt;
use std::str::FromStr;

/// Declares the privileges, each with its name, in the order of their bits.
macro_rules! privileges {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// One privilege.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Privilege { $($(#[$doc])* $name,)+ }

        impl Privilege {
            /// All of them: what an administrator has.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            /// Onezone's name, or ours.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

privileges! {
    /// Create users.
    UsersCreate = "oz_users_create",
    /// List all users.
    UsersList = "oz_users_list",
    /// See any user.
    UsersView = "oz_users_view",
    /// Block and unblock users.
    UsersUpdate = "oz_users_update",
    /// Delete users.
    UsersDelete = "oz_users_delete",
    /// Set the passwords of users.
    UsersManagePasswords = "oz_users_manage_passwords",
    /// See, mint, change and revoke the tokens of all accounts.
    TokensManage = "oz_tokens_manage",
    /// Create services.
    ProvidersCreate = "zm_providers_create",
    /// List all services.
    ProvidersList = "oz_providers_list",
    /// See any service.
    ProvidersView = "oz_providers_view",
    /// Block and unblock services.
    ProvidersUpdate = "oz_providers_update",
    /// Delete services.
    ProvidersDelete = "oz_providers_delete",
    /// See, rotate and retire root keys.
    KeysManage = "zm_keys_manage",
    /// Read the audit trail.
    AuditView = "zm_audit_view",
    /// Read the server's metrics.
    MetricsView = "zm_metrics_view",
    /// Grant to users, and revoke from them, the privileges that one has oneself.
    UsersManagePrivileges = "zm_users_manage_privileges",
}

/// A text that names no privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a privilege: there are oz_users_create, oz_users_list, oz_users_view, oz_users_update, oz_users_delete, \
     oz_users_manage_passwords, oz_tokens_manage, zm_providers_create, oz_providers_list, oz_providers_view, oz_providers_update, \
     oz_providers_delete, zm_keys_manage, zm_audit_view, zm_metrics_view and zm_users_manage_privileges"
)]
pub struct PrivilegeError;

impl Privilege {
    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl FromStr for Privilege {
    type Err = PrivilegeError;

    fn from_str(text: &str) -> Result<Self, PrivilegeError> {
        Self::ALL.into_iter().find(|privilege| privilege.name() == text).ok_or(PrivilegeError)
    }
}

/// A set of privileges.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Privileges(u16);

impl Privileges {
    /// No privilege: what a new account has.
    pub const NONE: Self = Self(0);

    /// All privileges.
    #[must_use]
    pub fn all() -> Self {
        Self::from_iter(Privilege::ALL)
    }

    /// Whether a privilege is in the set.
    #[must_use]
    pub fn contain(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// The union of both sets.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// The set without the privileges of the other one.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The privileges in the set, in the order of [`Privilege::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL.into_iter().filter(move |privilege| self.contain(*privilege))
    }
}

impl FromIterator<Privilege> for Privileges {
    fn from_iter<I: IntoIterator<Item = Privilege>>(privileges: I) -> Self {
        Self(privileges.into_iter().fold(0, |bits, privilege| bits | privilege.bit()))
    }
}

/// Names with a space between them, as they are stored; nothing for the empty set.
impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Privilege::name).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Debug for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Privilege::name)).finish()
    }
}

impl FromStr for Privileges {
    type Err = PrivilegeError;

    fn from_str(text: &str) -> Result<Self, PrivilegeError> {
        text.split_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_text() {
        let some = Privileges::from_iter([Privilege::UsersList, Privilege::TokensManage]);
        assert_eq!(some.to_string(), "oz_users_list oz_tokens_manage");
        assert_eq!(some.to_string().parse(), Ok(some));
        assert_eq!("".parse(), Ok(Privileges::NONE));
        assert_eq!("oz_everything".parse::<Privileges>(), Err(PrivilegeError));
    }

    #[test]
    fn sets_are_added_and_taken_away() {
        let one = Privileges::from_iter([Privilege::UsersView]);
        assert_eq!(Privileges::all().without(one).with(one), Privileges::all());
        assert!(!Privileges::all().without(one).contain(Privilege::UsersView));
        assert_eq!(Privileges::all().iter().count(), Privilege::ALL.len());
    }
}
