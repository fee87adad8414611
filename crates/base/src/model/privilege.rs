//! What an administrator may do to others, by Onezone's names; what Onezone has no privilege for is `zm_…`.
//!
//! Privileges are kept by name, and a program that is older than a name cannot read a user who has it: on a shared store a new
//! one may be granted only when every node knows it, so no migration grants any.

use std::fmt;
use std::str::FromStr;

/// One privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// Make users.
    UsersCreate,
    /// List all users.
    UsersList,
    /// See any user.
    UsersView,
    /// Block and unblock users.
    UsersUpdate,
    /// Remove users.
    UsersDelete,
    /// Set the passwords of users.
    UsersManagePasswords,
    /// See, make, change and revoke anybody's tokens.
    TokensManage,
    /// Make services.
    ProvidersCreate,
    /// List all services.
    ProvidersList,
    /// See any service.
    ProvidersView,
    /// Block and unblock services.
    ProvidersUpdate,
    /// Remove services.
    ProvidersDelete,
    /// See, rotate and retire root keys.
    KeysManage,
    /// Read the audit trail.
    AuditView,
    /// Read the server's metrics.
    MetricsView,
    /// Give to users, and take from them, the privileges that one has oneself.
    UsersManagePrivileges,
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
    /// All of them: what an administrator has.
    pub const ALL: [Self; 16] = [
        Self::UsersCreate,
        Self::UsersList,
        Self::UsersView,
        Self::UsersUpdate,
        Self::UsersDelete,
        Self::UsersManagePasswords,
        Self::TokensManage,
        Self::ProvidersCreate,
        Self::ProvidersList,
        Self::ProvidersView,
        Self::ProvidersUpdate,
        Self::ProvidersDelete,
        Self::KeysManage,
        Self::AuditView,
        Self::MetricsView,
        Self::UsersManagePrivileges,
    ];

    /// Onezone's name, or ours.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UsersCreate => "oz_users_create",
            Self::UsersList => "oz_users_list",
            Self::UsersView => "oz_users_view",
            Self::UsersUpdate => "oz_users_update",
            Self::UsersDelete => "oz_users_delete",
            Self::UsersManagePasswords => "oz_users_manage_passwords",
            Self::TokensManage => "oz_tokens_manage",
            Self::ProvidersCreate => "zm_providers_create",
            Self::ProvidersList => "oz_providers_list",
            Self::ProvidersView => "oz_providers_view",
            Self::ProvidersUpdate => "oz_providers_update",
            Self::ProvidersDelete => "oz_providers_delete",
            Self::KeysManage => "zm_keys_manage",
            Self::AuditView => "zm_audit_view",
            Self::MetricsView => "zm_metrics_view",
            Self::UsersManagePrivileges => "zm_users_manage_privileges",
        }
    }

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
    /// No privilege: what everybody has at first.
    pub const NONE: Self = Self(0);

    /// All privileges.
    #[must_use]
    pub fn all() -> Self {
        Self::from_iter(Privilege::ALL)
    }

    /// Whether the set has one.
    #[must_use]
    pub fn contain(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// The set with all of another.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// The set without any of another.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether there is none in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL.into_iter().filter(move |privilege| self.contain(*privilege))
    }
}

impl FromIterator<Privilege> for Privileges {
    fn from_iter<I: IntoIterator<Item = Privilege>>(privileges: I) -> Self {
        Self(privileges.into_iter().fold(0, |bits, privilege| bits | privilege.bit()))
    }
}

/// Names with a space between them, as they are kept; nothing for the empty set.
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
