//! What an engine does for a replay. It knows no rules: each effect is one statement or two.

use std::fmt;

use super::Replayed;
use crate::model::{KeyId, TokenId, UserId};
use crate::store::{FormerName, Topic};

/// What all generations are raised by, at least, when it is not known how often they were: nobody ends so many. One more than
/// the backup's could be a generation that was ended after it.
pub const BEYOND_ALL_GENERATIONS: u64 = 1 << 20;

/// Something that a replay does to one record, or finds out about it. An effect that was applied before changes nothing,
/// except those that raise generations: a replay applies each once. The engine answers how many records it changed, or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Retires a root key at a moment, and erases it, even if it is the last one.
    RetireKey(KeyId, u64),
    /// Revokes a token at once ([`crate::model::Token::AT_ONCE`]).
    RevokeToken(TokenId),
    /// Deletes a token at a moment, with its metadata.
    DeleteToken(TokenId, u64),
    /// Blocks a user.
    BlockUser(UserId),
    /// Ends so many generations of a user's temporary tokens.
    RaiseGeneration(UserId, u64),
    /// Takes a user's password, and the sign-in with it.
    DropPassword(UserId),
    /// Ends a user's sign-in with a password.
    EndSignIn(UserId),
    /// Takes all privileges of a user.
    DropPrivileges(UserId),
    /// Raises the version of a user whose names are those from before.
    NamesFromBefore(UserId),
    /// Keeps a name that an account had.
    KeepName(FormerName),
    /// The same, unless the account has that name.
    KeepNameIfLost(FormerName),
    /// Removes a user at a moment, and keeps the name; forgets the uses of its tokens, and its addresses.
    RemoveUser(UserId, u64),
    /// Revokes every token; counts those that were good at a moment.
    RevokeEveryToken(u64),
    /// Ends everybody's generations of temporary tokens, as of a moment: by [`BEYOND_ALL_GENERATIONS`], and to at least the
    /// moment in milliseconds. So two restores of one backup never give the same generation.
    RaiseEveryGeneration(u64),
    /// Finds out whether a token is revoked, now or later, and not deleted.
    IsRevoked(TokenId),
    /// Finds out whether a user is blocked, and not removed.
    IsBlocked(UserId),
}

impl Effect {
    /// What nodes must forget once it has changed something.
    #[must_use]
    pub fn topic(&self) -> Option<Topic> {
        Some(match self {
            // Of all tokens at once nothing is announced, nor of all users: this is for stores that no node serves.
            Self::RevokeEveryToken(_)
            | Self::RaiseEveryGeneration(_)
            | Self::IsRevoked(_)
            | Self::IsBlocked(_)
            | Self::KeepName(_)
            | Self::KeepNameIfLost(_) => return None,
            Self::RetireKey(..) => Topic::Keys,
            Self::RevokeToken(id) | Self::DeleteToken(id, _) => Topic::Token(*id),
            Self::BlockUser(id)
            | Self::RaiseGeneration(id, _)
            | Self::DropPassword(id)
            | Self::EndSignIn(id)
            | Self::DropPrivileges(id)
            | Self::NamesFromBefore(id)
            | Self::RemoveUser(id, _) => Topic::User(*id),
        })
    }
}

/// A stable text, by which lists of effects are compared.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RetireKey(id, at_ms) => write!(f, "retire-key {id} {at_ms}"),
            Self::RevokeToken(id) => write!(f, "revoke-token {id}"),
            Self::DeleteToken(id, at_ms) => write!(f, "delete-token {id} {at_ms}"),
            Self::BlockUser(id) => write!(f, "block-user {id}"),
            Self::RaiseGeneration(id, by) => write!(f, "raise-generation {id} {by}"),
            Self::DropPassword(id) => write!(f, "drop-password {id}"),
            Self::EndSignIn(id) => write!(f, "end-sign-in {id}"),
            Self::DropPrivileges(id) => write!(f, "drop-privileges {id}"),
            Self::NamesFromBefore(id) => write!(f, "names-from-before {id}"),
            Self::KeepName(FormerName { owner, until_ms, name }) => write!(f, "keep-name {owner} {until_ms} {name}"),
            Self::KeepNameIfLost(FormerName { owner, until_ms, name }) => {
                write!(f, "keep-name-if-lost {owner} {until_ms} {name}")
            }
            Self::RemoveUser(id, at_ms) => write!(f, "remove-user {id} {at_ms}"),
            Self::RevokeEveryToken(at_ms) => write!(f, "revoke-every-token {at_ms}"),
            Self::RaiseEveryGeneration(at_ms) => write!(f, "raise-every-generation {at_ms}"),
            Self::IsRevoked(id) => write!(f, "is-revoked {id}"),
            Self::IsBlocked(id) => write!(f, "is-blocked {id}"),
        }
    }
}

/// Adds up what effects have done.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// The counts; the lists of names are still empty.
    pub done: Replayed,
    /// Users whose password was taken.
    pub passwords: Vec<UserId>,
    /// Users whose sign-in with a password was ended.
    pub sign_ins: Vec<UserId>,
    /// Users whose privileges were taken.
    pub privileges: Vec<UserId>,
    /// Whether the generation of every user was raised, which counts a user once.
    pub(super) everybody: bool,
}

impl Tally {
    /// Takes the answer to an effect.
    pub fn add(&mut self, effect: &Effect, records: u64) {
        let done = &mut self.done;
        let whom = |list: &mut Vec<UserId>, user: &UserId| list.extend((records > 0).then_some(*user));
        match effect {
            Effect::RetireKey(..) => done.keys += records,
            Effect::RevokeToken(_) | Effect::RevokeEveryToken(_) => done.revoked += records,
            Effect::DeleteToken(..) => done.deleted += records,
            Effect::BlockUser(_) => done.blocked += records,
            Effect::RaiseEveryGeneration(_) => {
                done.generations = done.generations.max(records);
                self.everybody = true;
            }
            Effect::RaiseGeneration(..) => done.generations += if self.everybody { 0 } else { records },
            Effect::DropPassword(user) => whom(&mut self.passwords, user),
            Effect::EndSignIn(user) => whom(&mut self.sign_ins, user),
            Effect::DropPrivileges(user) => whom(&mut self.privileges, user),
            Effect::NamesFromBefore(_) => done.names += records,
            Effect::KeepName(_) | Effect::KeepNameIfLost(_) => {}
            Effect::RemoveUser(..) => done.removed += records,
            Effect::IsRevoked(_) | Effect::IsBlocked(_) => done.kept_refused += records,
        }
    }
}
