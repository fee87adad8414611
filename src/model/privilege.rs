//! What an administrator may do to others, by Onezone's names.

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
}

/// A text that names no privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a privilege: there are oz_users_create, oz_users_list, oz_users_view, oz_users_update, oz_users_delete, \
     oz_users_manage_passwords and oz_tokens_manage"
)]
pub struct PrivilegeError;

impl Privilege {
    /// All of them: what an administrator has.
    pub const ALL: [Self; 7] = [
        Self::UsersCreate,
        Self::UsersList,
        Self::UsersView,
        Self::UsersUpdate,
        Self::UsersDelete,
        Self::UsersManagePasswords,
        Self::TokensManage,
    ];

    /// Onezone's name.
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
        assert_eq!(Privileges::all().iter().count(), 7);
    }
}
