//! What an engine does for a replay. It knows no rules: each effect is one statement or two.

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
    /// One statement, the same for all engines.
    Shared(SharedEffect),
    /// What takes more than that (`store/transaction/effects.rs`).
    Engine(EngineEffect),
}

/// An effect on accounts or root keys: one statement that all engines run (`store/statements.rs`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedEffect {
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
}

/// An effect on tokens or names, or a question: the engines store these in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEffect {
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

impl From<SharedEffect> for Effect {
    fn from(effect: SharedEffect) -> Self {
        Self::Shared(effect)
    }
}

impl From<EngineEffect> for Effect {
    fn from(effect: EngineEffect) -> Self {
        Self::Engine(effect)
    }
}

impl Effect {
    /// What nodes must forget once it has changed something. Of all tokens at once nothing is announced, nor of all users: this is
    /// for stores that no node serves.
    #[must_use]
    pub fn topic(&self) -> Option<Topic> {
        match self {
            Self::Shared(effect) => match effect {
                SharedEffect::RaiseEveryGeneration(_) => None,
                SharedEffect::RetireKey(..) => Some(Topic::Keys),
                SharedEffect::BlockUser(id)
                | SharedEffect::RaiseGeneration(id, _)
                | SharedEffect::DropPassword(id)
                | SharedEffect::EndSignIn(id)
                | SharedEffect::DropPrivileges(id)
                | SharedEffect::NamesFromBefore(id) => Some(Topic::User(*id)),
            },
            Self::Engine(effect) => match effect {
                EngineEffect::RevokeEveryToken(_)
                | EngineEffect::IsRevoked(_)
                | EngineEffect::IsBlocked(_)
                | EngineEffect::KeepName(_)
                | EngineEffect::KeepNameIfLost(_) => None,
                EngineEffect::RevokeToken(id) | EngineEffect::DeleteToken(id, _) => Some(Topic::Token(*id)),
                EngineEffect::RemoveUser(id, _) => Some(Topic::User(*id)),
            },
        }
    }
}

/// A stable text, by which lists of effects are compared.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |FormerName { owner, until_ms, name }: &_| format!("{owner} {until_ms} {name}");
        match self {
            Self::Shared(effect) => match effect {
                SharedEffect::RetireKey(id, at_ms) => write!(f, "retire-key {id} {at_ms}"),
                SharedEffect::BlockUser(id) => write!(f, "block-user {id}"),
                SharedEffect::RaiseGeneration(id, by) => write!(f, "raise-generation {id} {by}"),
                SharedEffect::DropPassword(id) => write!(f, "drop-password {id}"),
                SharedEffect::EndSignIn(id) => write!(f, "end-sign-in {id}"),
                SharedEffect::DropPrivileges(id) => write!(f, "drop-privileges {id}"),
                SharedEffect::NamesFromBefore(id) => write!(f, "names-from-before {id}"),
                SharedEffect::RaiseEveryGeneration(at_ms) => write!(f, "raise-every-generation {at_ms}"),
            },
            Self::Engine(effect) => match effect {
                EngineEffect::RevokeToken(id) => write!(f, "revoke-token {id}"),
                EngineEffect::DeleteToken(id, at_ms) => write!(f, "delete-token {id} {at_ms}"),
                EngineEffect::KeepName(former) => write!(f, "keep-name {}", name(former)),
                EngineEffect::KeepNameIfLost(former) => write!(f, "keep-name-if-lost {}", name(former)),
                EngineEffect::RemoveUser(id, at_ms) => write!(f, "remove-user {id} {at_ms}"),
                EngineEffect::RevokeEveryToken(at_ms) => write!(f, "revoke-every-token {at_ms}"),
                EngineEffect::IsRevoked(id) => write!(f, "is-revoked {id}"),
                EngineEffect::IsBlocked(id) => write!(f, "is-blocked {id}"),
            },
        }
    }
}
