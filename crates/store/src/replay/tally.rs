//! What the effects of a replay have done, in all.

use super::Replayed;
use crate::{Effect, EngineEffect, SharedEffect};
use zonemint_base::model::UserId;

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
    /// Adds the answer to an effect.
    pub fn add(&mut self, effect: &Effect, records: u64) {
        let done = &mut self.done;
        let whom = |list: &mut Vec<UserId>, user: &UserId| list.extend((records > 0).then_some(*user));
        match effect {
            Effect::Shared(effect) => match effect {
                SharedEffect::RetireKey(..) => done.keys += records,
                SharedEffect::BlockUser(_) => done.blocked += records,
                SharedEffect::RaiseEveryGeneration(_) => {
                    done.generations = done.generations.max(records);
                    self.everybody = true;
                }
                SharedEffect::RaiseGeneration(..) => done.generations += if self.everybody { 0 } else { records },
                SharedEffect::DropPassword(user) => whom(&mut self.passwords, user),
                SharedEffect::EndSignIn(user) => whom(&mut self.sign_ins, user),
                SharedEffect::DropPrivileges(user) => whom(&mut self.privileges, user),
                SharedEffect::NamesFromBefore(_) => done.names += records,
            },
            Effect::Engine(effect) => match effect {
                EngineEffect::RevokeToken(_) | EngineEffect::RevokeEveryToken(_) => done.revoked += records,
                EngineEffect::DeleteToken(..) => done.deleted += records,
                EngineEffect::KeepName(_) | EngineEffect::KeepNameIfLost(_) => {}
                EngineEffect::RemoveUser(..) => done.removed += records,
                EngineEffect::IsRevoked(_) | EngineEffect::IsBlocked(_) => done.kept_refused += records,
            },
        }
    }
}
