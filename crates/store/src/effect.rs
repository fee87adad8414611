//! What an engine does for a replay. It knows no rules: each effect is one statement or two (`store/transaction/effects.rs`).

use std::fmt;

use super::{FormerName, Topic};
use zonemint_base::model::{KeyId, TokenId, UserId};

/// What all generations are raised by, at least, when it is not known how often they were: nobody ends so many. One more than
/// the backup's could be a generation that was ended after it.
pub const BEYOND_ALL_GENERATIONS: u64 = 1 << 20;

/// One step of a replay. Applied a second time it changes nothing, except the two that raise generations: a replay applies each
/// step once. The engine answers how many records the step changed, or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Retires a root key at a moment, and erases it, even if it is the last one.
    RetireKey(KeyId, u64),
    /// Blocks a user.
    BlockUser(UserId),
    /// Ends so many generations of a user's temporary tokens.
    RaiseGeneration(UserId, u64),
    /// Deletes a user's password, and ends the sign-in with it.
    DropPassword(UserId),
    /// Ends a user's sign-in with a password.
    EndSignIn(UserId),
    /// Revokes all privileges of a user.
    DropPrivileges(UserId),
    /// Raises the version of a user whose names are those from before.
    NamesFromBefore(UserId),
    /// Ends everybody's generations of temporary tokens, as of a moment: by [`BEYOND_ALL_GENERATIONS`], and to at least the
    /// moment in milliseconds. So two restores of one backup never give the same generation.
    RaiseEveryGeneration(u64),
    /// Revokes a token at once ([`zonemint_base::model::Token::AT_ONCE`]).
    RevokeToken(TokenId),
    /// Deletes a token at a moment, with its metadata.
    DeleteToken(TokenId, u64),
    /// Keeps a name that an account had.
    KeepName(FormerName),
    /// The same, unless the account has that name.
    KeepNameIfLost(FormerName),
    /// Removes a user at a moment, and keeps the name; deletes the uses of its tokens, and its addresses.
    RemoveUser(UserId, u64),
    /// Revokes every token; counts those that were good at a moment.
    RevokeEveryToken(u64),
    /// Finds out whether a token is revoked, now or later, and not deleted.
    IsRevoked(TokenId),
    /// Finds out whether a user is blocked, and not removed.
    IsBlocked(UserId),
}

impl Effect {
    /// What nodes must forget once it has changed something. Of all tokens at once nothing is announced, nor of all users: this is
    /// for stores that no node serves.
    #[must_use]
    pub fn topic(&self) -> Option<Topic> {
        match self {
            Self::RaiseEveryGeneration(_)
            | Self::RevokeEveryToken(_)
            | Self::IsRevoked(_)
            | Self::IsBlocked(_)
            | Self::KeepName(_)
            | Self::KeepNameIfLost(_) => None,
            Self::RetireKey(..) => Some(Topic::Keys),
            Self::BlockUser(id)
            | Self::RaiseGeneration(id, _)
            | Self::DropPassword(id)
            | Self::EndSignIn(id)
            | Self::DropPrivileges(id)
            | Self::NamesFromBefore(id)
            | Self::RemoveUser(id, _) => Some(Topic::User(*id)),
            Self::RevokeToken(id) | Self::DeleteToken(id, _) => Some(Topic::Token(*id)),
        }
    }
}

/// A stable text, by which lists of effects are compared.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |FormerName { owner, until_ms, name }: &_| format!("{owner} {until_ms} {name}");
        match self {
            Self::RetireKey(id, at_ms) => write!(f, "retire-key {id} {at_ms}"),
            Self::BlockUser(id) => write!(f, "block-user {id}"),
            Self::RaiseGeneration(id, by) => write!(f, "raise-generation {id} {by}"),
            Self::DropPassword(id) => write!(f, "drop-password {id}"),
            Self::EndSignIn(id) => write!(f, "end-sign-in {id}"),
            Self::DropPrivileges(id) => write!(f, "drop-privileges {id}"),
            Self::NamesFromBefore(id) => write!(f, "names-from-before {id}"),
            Self::RaiseEveryGeneration(at_ms) => write!(f, "raise-every-generation {at_ms}"),
            Self::RevokeToken(id) => write!(f, "revoke-token {id}"),
            Self::DeleteToken(id, at_ms) => write!(f, "delete-token {id} {at_ms}"),
            Self::KeepName(former) => write!(f, "keep-name {}", name(former)),
            Self::KeepNameIfLost(former) => write!(f, "keep-name-if-lost {}", name(former)),
            Self::RemoveUser(id, at_ms) => write!(f, "remove-user {id} {at_ms}"),
            Self::RevokeEveryToken(at_ms) => write!(f, "revoke-every-token {at_ms}"),
            Self::IsRevoked(id) => write!(f, "is-revoked {id}"),
            Self::IsBlocked(id) => write!(f, "is-blocked {id}"),
        }
    }
}
