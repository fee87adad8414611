//! How a user is changed.

use super::{AuditAction, ResetLink};
use zonemint_base::model::{FullName, PasswordHash, Privileges, UserName};

/// How a user is changed. Each raises the user's version but a rehash, which changes no password, and a reset link, which changes
/// nothing until it is used.
#[derive(Debug, Clone)]
pub enum UserChange {
    /// A new password, with which the user may sign in, and which the user need not change. It ends a reset link.
    Password(PasswordHash),
    /// The same from somebody else. Whether the user must change it; none leaves that as it is.
    GivenPassword {
        /// The hash of the password.
        hash: PasswordHash,
        /// Whether it is good for nothing but to set another one.
        must_change: Option<bool>,
    },
    /// A new password by a link, whose hash this is. Nothing happens unless the link is the account's present one, and not over, and the
    /// account is not blocked.
    PasswordByLink {
        /// [`ResetLink::hash`].
        link: [u8; 32],
        /// The hash of the password.
        hash: PasswordHash,
    },
    /// The same password, hashed again. Nothing happens when the hash is no longer the one that it was made from.
    Rehash {
        /// The hash that the password was checked against.
        from: PasswordHash,
        /// The new one.
        to: PasswordHash,
    },
    /// Whether the password is good for nothing but to set another one.
    MustChangePassword(bool),
    /// A link by which a password can be set, in the place of an earlier one. Nothing happens to an account that is blocked, that has
    /// no name, or whose sign-in with a password was ended. What changes the account's privileges ends the link: its
    /// creator had all privileges that the account had then.
    ResetLink(ResetLink),
    /// Whether the user may sign in with the password.
    BasicAuth(bool),
    /// Other names; what is not given stays. A user name that is given up is kept: nobody takes for itself one that another
    /// account had.
    Names {
        /// What the user signs in with.
        name: Option<UserName>,
        /// How the user is addressed.
        full_name: Option<FullName>,
    },
    /// What the user may do to others.
    Privileges(Privileges),
    /// Gives privileges and takes others away, from those that the user has when this is committed.
    GrantAndRevoke {
        /// Those that the user gets.
        grant: Privileges,
        /// Those that the user loses.
        revoke: Privileges,
    },
    /// A new generation of temporary tokens: all earlier ones are refused from now on.
    Generation,
    /// Neither sign-in nor tokens work from now on. It ends a reset link.
    Block,
    /// Undoes [`UserChange::Block`].
    Unblock,
    /// Removes the account permanently. Its tokens stay refused. Only the operator and those who may add accounts can give its name to
    /// another account.
    Remove,
}

impl UserChange {
    /// Under which action it is recorded, if at all. Nodes of the version before could not read new actions: the note says the rest.
    pub(super) fn action(&self) -> Option<AuditAction> {
        Some(match self {
            Self::Password(_) | Self::GivenPassword { .. } | Self::PasswordByLink { .. } | Self::ResetLink(_) => {
                AuditAction::UserPassword
            }
            Self::Rehash { .. } => return None,
            Self::MustChangePassword(_) | Self::BasicAuth(_) => AuditAction::UserBasicAuth,
            Self::Names { .. } => AuditAction::UserNames,
            Self::Privileges(_) | Self::GrantAndRevoke { .. } => AuditAction::UserPrivileges,
            Self::Generation => AuditAction::UserGeneration,
            Self::Block => AuditAction::UserBlock,
            Self::Unblock => AuditAction::UserUnblock,
            Self::Remove => AuditAction::UserRemove,
        })
    }

    /// The user name that the account gets.
    pub(super) fn name(&self) -> Option<&UserName> {
        if let Self::Names { name, .. } = self { name.as_ref() } else { None }
    }

    /// What [`UserChange::GrantAndRevoke`] leaves of the privileges that an account has.
    pub(super) fn privileges_after(&self, had: Privileges) -> Option<Self> {
        let Self::GrantAndRevoke { grant, revoke } = self else { return None };
        Some(Self::Privileges(had.with(*grant).without(*revoke)))
    }

    /// Whether the account loses the user name that it has, if it is not the same.
    pub(super) fn ends_name(&self) -> bool {
        self.name().is_some() || matches!(self, Self::Remove)
    }

    /// In the note of a password that is to be changed, or need not be changed any more.
    pub const MUST_CHANGE: &str = "must_change";
    /// In the note of what was done with a reset link: `made`, which changes no password, or `used`.
    pub const RESET_LINK: &str = "reset_link";
    /// What [`UserChange::RESET_LINK`] says of one that was made.
    pub const MADE: &str = "made";

    /// What its audit row says besides the action, where names do not say it.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::GivenPassword { must_change: Some(must), .. } | Self::MustChangePassword(must) => {
                Some(format!("{}={must}", Self::MUST_CHANGE))
            }
            Self::ResetLink(_) => Some(format!("{}={}", Self::RESET_LINK, Self::MADE)),
            Self::PasswordByLink { .. } => Some(format!("{}=used", Self::RESET_LINK)),
            _ => None,
        }
    }
}
