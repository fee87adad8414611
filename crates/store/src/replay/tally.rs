//! What the effects of a replay have done, in all.

use super::Replayed;
use crate::Effect;
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
            Effect::RetireKey(..) => done.keys += records,
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
            Effect::RevokeToken(_) | Effect::RevokeEveryToken(_) => done.revoked += records,
            Effect::DeleteToken(..) => done.deleted += records,
            Effect::KeepName(_) | Effect::KeepNameIfLost(_) => {}
            Effect::RemoveUser(..) => done.removed += records,
            Effect::IsRevoked(_) | Effect::IsBlocked(_) => done.kept_refused += records,
        }
    }
}
