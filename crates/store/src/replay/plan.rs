//! What the rows of a trail take away, put together before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use super::replayed::REVOKE_ALL;
use super::{Tally, TrailError};
use crate::{AuditAction, AuditEntry, AuditRow, Chain, Effect, FormerName, UserChange};
use zonemint_base::model::{KeyId, TokenId, UserId, UserName};

/// What the last row of one chain says of a token or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Refused,
    Good,
}

/// What rows take away. It grows with the records that they change, not with their number.
///
/// The clocks of nodes differ, so the order between chains is not known. Therefore only a later row of the same chain takes a
/// revocation back: what is in doubt stays refused.
#[derive(Debug, Default)]
pub struct Plan {
    tokens: BTreeMap<(TokenId, Chain), Verdict>,
    deleted: BTreeMap<TokenId, u64>,
    blocked: BTreeMap<(UserId, Chain), Verdict>,
    generations: BTreeMap<UserId, u64>,
    passwords: BTreeSet<UserId>,
    sign_ins: BTreeSet<UserId>,
    privileges: BTreeSet<UserId>,
    renamed: BTreeSet<UserId>,
    former_names: Vec<FormerName>,
    /// The names that accounts had last in a chain. They lose them with the restore.
    last_names: BTreeMap<(UserId, Chain), UserName>,
    removed: BTreeMap<UserId, u64>,
    retired: BTreeMap<KeyId, u64>,
    added_keys: BTreeSet<KeyId>,
    /// Whether a root key was put last.
    reordered: bool,
    /// Whether names were compared without case from then on.
    marked: bool,
    /// The moments at which everything was taken away.
    everything: Vec<u64>,
    lost_tokens: u64,
    lost_users: u64,
}

impl Plan {
    /// Takes the next row of its chain.
    ///
    /// # Errors
    /// [`TrailError::Note`] when the row does not tell what it is about.
    pub fn take(&mut self, row: &AuditRow) -> Result<(), TrailError> {
        match row.action {
            AuditAction::TokenRevoke => self.token(row, Verdict::Refused),
            AuditAction::TokenRestore => self.token(row, Verdict::Good),
            AuditAction::TokenDelete => drop(row.token.map(|id| self.deleted.entry(id).or_insert(row.at_ms))),
            AuditAction::TokenMint | AuditAction::TokenImport => self.lost_tokens += 1,
            AuditAction::KeyAdd => {
                self.added_keys.extend(key(row));
                self.reordered |= row.noted("order") == Some("last");
            }
            AuditAction::KeyRetire => {
                let key = key(row).ok_or(TrailError::Note(row.seq))?;
                self.retired.entry(key).or_insert(row.at_ms);
            }
            AuditAction::StoreRestore => {
                if row.note.as_deref().is_some_and(|note| note.contains(REVOKE_ALL)) {
                    self.revoke_all(row.at_ms);
                }
            }
            // Links of before are ended in any case.
            AuditAction::UserPassword if row.noted(UserChange::RESET_LINK) == Some(UserChange::MADE) => {}
            AuditAction::UserNames if row.noted(AuditEntry::COMPARED).is_some() => self.marked = true,
            AuditAction::UserAdd
            | AuditAction::UserBlock
            | AuditAction::UserUnblock
            | AuditAction::UserRemove
            | AuditAction::UserGeneration
            | AuditAction::UserPassword
            | AuditAction::UserBasicAuth
            | AuditAction::UserPrivileges
            | AuditAction::UserNames => return row.user.map_or(Ok(()), |user| self.user(row, user)),
            // What these did is not in the store, or takes nothing away.
            AuditAction::TokenTemporary
            | AuditAction::TokenUpdate
            | AuditAction::TokenPurge
            | AuditAction::KeyRewrap
            | AuditAction::LoginRefused
            | AuditAction::AuditCheckpoint
            | AuditAction::AuditArchive
            | AuditAction::StoreCopy => {}
        }
        Ok(())
    }

    /// Takes away everything, as seen from a moment.
    pub fn revoke_all(&mut self, at_ms: u64) {
        self.everything.push(at_ms);
    }

    /// Whether a root key is retired.
    #[must_use]
    pub fn retires(&self, key: KeyId) -> bool {
        self.retired.contains_key(&key)
    }

    fn token(&mut self, row: &AuditRow, said: Verdict) {
        if let Some(id) = row.token {
            self.tokens.insert((id, row.chain.clone()), said);
        }
    }

    fn user(&mut self, row: &AuditRow, user: UserId) -> Result<(), TrailError> {
        let here = (user, row.chain.clone());
        match row.action {
            AuditAction::UserAdd => {
                self.lost_users += 1;
                self.rename(row, user)?;
            }
            AuditAction::UserBlock => drop(self.blocked.insert(here, Verdict::Refused)),
            AuditAction::UserUnblock => drop(self.blocked.insert(here, Verdict::Good)),
            AuditAction::UserRemove => {
                self.rename(row, user)?;
                self.last_names.remove(&here);
                self.removed.entry(user).or_insert(row.at_ms);
            }
            AuditAction::UserGeneration => *self.generations.entry(user).or_default() += 1,
            AuditAction::UserPassword => drop(self.passwords.insert(user)),
            AuditAction::UserBasicAuth => drop(self.sign_ins.insert(user)),
            AuditAction::UserPrivileges => drop(self.privileges.insert(user)),
            AuditAction::UserNames => {
                self.rename(row, user)?;
                self.renamed.insert(user);
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the name that an account got, and the one that it lost. Rows of earlier versions do not tell them.
    fn rename(&mut self, row: &AuditRow, owner: UserId) -> Result<(), TrailError> {
        let named = |name| {
            let parsed = row.noted(name).map(UserName::parse).transpose();
            parsed.map_err(|_| TrailError::Note(row.seq))
        };
        if let Some(name) = named(AuditEntry::FORMER_NAME)? {
            self.former_names.push(FormerName { owner, until_ms: row.at_ms, name });
        }
        if let Some(name) = named(AuditEntry::NAME)? {
            self.last_names.insert((owner, row.chain.clone()), name);
        }
        Ok(())
    }

    /// What is to be done, in this order, at a moment.
    #[must_use]
    pub fn effects(&self, at_ms: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        effects.extend(self.retired.iter().map(|(key, at_ms)| Effect::RetireKey(*key, *at_ms)));
        effects.extend(who(&self.tokens, Verdict::Refused).map(Effect::RevokeToken));
        effects.extend(self.deleted.iter().map(|(id, at_ms)| Effect::DeleteToken(*id, *at_ms)));
        effects.extend(who(&self.blocked, Verdict::Refused).map(Effect::BlockUser));
        effects.extend(self.passwords.iter().copied().map(Effect::DropPassword));
        effects.extend(self.sign_ins.difference(&self.passwords).copied().map(Effect::EndSignIn));
        effects.extend(self.privileges.iter().copied().map(Effect::DropPrivileges));
        effects.extend(self.renamed.iter().copied().map(Effect::NamesFromBefore));
        effects.extend(self.former_names.iter().cloned().map(Effect::KeepName));
        effects.extend(self.removed.iter().map(|(user, at_ms)| Effect::RemoveUser(*user, *at_ms)));
        let mut everything = self.everything.clone();
        everything.sort_unstable();
        effects.extend(everything.last().copied().map(Effect::RevokeEveryToken));
        effects.extend(everything.into_iter().map(Effect::RaiseEveryGeneration));
        // What was ended after all of them were is ended, too.
        effects.extend(self.generations.iter().map(|(user, by)| Effect::RaiseGeneration(*user, *by)));
        effects.extend(who(&self.tokens, Verdict::Good).map(Effect::IsRevoked));
        effects.extend(who(&self.blocked, Verdict::Good).map(Effect::IsBlocked));
        effects.extend(self.last_names.iter().map(|((owner, _), name)| {
            Effect::KeepNameIfLost(FormerName { owner: *owner, until_ms: at_ms, name: name.clone() })
        }));
        effects
    }

    /// A tally in which what was made after the store is lost; `keys` are the root keys that the store has.
    #[must_use]
    pub fn tally(&self, keys: &[KeyId]) -> Tally {
        let mut tally = Tally::default();
        (tally.done.lost_tokens, tally.done.lost_users) = (self.lost_tokens, self.lost_users);
        (tally.done.reordered, tally.done.unmarked) = (self.reordered, self.marked);
        tally.done.lost_keys = self.added_keys.iter().filter(|key| !keys.contains(key)).copied().collect();
        tally
    }

    /// A tally of a replay that goes on where another one was cut off: what the other one took from accounts is taken already.
    #[must_use]
    pub fn affected(&self) -> Tally {
        Tally {
            passwords: self.passwords.iter().copied().collect(),
            sign_ins: self.sign_ins.difference(&self.passwords).copied().collect(),
            privileges: self.privileges.iter().copied().collect(),
            ..Tally::default()
        }
    }
}

/// Of which records a chain says so, each once.
fn who<K: Copy + Ord>(said: &BTreeMap<(K, Chain), Verdict>, what: Verdict) -> impl Iterator<Item = K> {
    said.iter().filter(|(_, said)| **said == what).map(|((id, _), _)| *id).collect::<BTreeSet<_>>().into_iter()
}

/// The root key that a row is about.
fn key(row: &AuditRow) -> Option<KeyId> {
    row.noted("key")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Actor;
    use zonemint_base::random::Random;

    fn row(chain: &str, action: AuditAction, token: Option<TokenId>, user: Option<UserId>) -> AuditRow {
        let chain = Chain::parse(chain).unwrap();
        let end = (0, chain.genesis());
        AuditEntry { user, token, ..AuditEntry::new(action, Actor::Operator) }.chained(chain, end, 7)
    }

    fn effects(rows: &[AuditRow]) -> Vec<Effect> {
        let mut plan = Plan::default();
        for row in rows {
            plan.take(row).unwrap();
        }
        plan.effects(99)
    }

    fn of_token(rows: &[(&str, AuditAction)]) -> (TokenId, Vec<Effect>) {
        let id = TokenId::new(1, &Random::system());
        (id, effects(&rows.iter().map(|(chain, action)| row(chain, *action, Some(id), None)).collect::<Vec<_>>()))
    }

    #[test]
    fn a_revocation_is_taken_back_by_a_later_row_of_its_own_chain() {
        use AuditAction::{TokenRestore, TokenRevoke};
        let (id, done) = of_token(&[("one", TokenRevoke), ("one", TokenRestore)]);
        assert_eq!(done, [Effect::IsRevoked(id)]);
        let (id, done) = of_token(&[("one", TokenRevoke), ("one", TokenRestore), ("one", TokenRevoke)]);
        assert_eq!(done, [Effect::RevokeToken(id)]);
    }

    #[test]
    fn a_row_of_another_chain_takes_no_revocation_back() {
        use AuditAction::{TokenRestore, TokenRevoke};
        for rows in [[("one", TokenRevoke), ("two", TokenRestore)], [("two", TokenRestore), ("one", TokenRevoke)]] {
            let (id, done) = of_token(&rows);
            assert_eq!(done, [Effect::RevokeToken(id), Effect::IsRevoked(id)], "{rows:?}");
        }
        let (id, done) = of_token(&[("one", TokenRevoke), ("one", TokenRestore), ("two", TokenRevoke)]);
        assert_eq!(done, [Effect::RevokeToken(id), Effect::IsRevoked(id)]);
    }

    #[test]
    fn a_block_is_taken_back_by_its_own_chain_only() {
        use AuditAction::{UserBlock, UserUnblock};
        let user = UserId::new(&Random::system());
        let of = |rows: &[(&str, AuditAction)]| {
            effects(&rows.iter().map(|(chain, action)| row(chain, *action, None, Some(user))).collect::<Vec<_>>())
        };
        assert_eq!(of(&[("one", UserBlock), ("one", UserUnblock)]), [Effect::IsBlocked(user)]);
        assert_eq!(of(&[("one", UserBlock), ("two", UserUnblock)]), [Effect::BlockUser(user), Effect::IsBlocked(user)]);
    }

    #[test]
    fn generations_add_up_over_chains_and_after_everything_was_revoked_nothing_is_made_good() {
        let user = UserId::new(&Random::system());
        let ended = |chain| row(chain, AuditAction::UserGeneration, None, Some(user));
        assert_eq!(effects(&[ended("one"), ended("two"), ended("one")]), [Effect::RaiseGeneration(user, 3)]);
        let id = TokenId::new(1, &Random::system());
        let all = |at_ms| {
            let all = row("", AuditAction::StoreRestore, None, None);
            AuditRow { at_ms, note: Some(format!("backup=7 {REVOKE_ALL} tokens=1 users=1")), ..all }
        };
        let restored = row("", AuditAction::TokenRestore, Some(id), None);
        let expected = [
            Effect::RevokeEveryToken(9),
            Effect::RaiseEveryGeneration(7),
            Effect::RaiseEveryGeneration(9),
            Effect::RaiseGeneration(user, 1),
            Effect::IsRevoked(id),
        ];
        assert_eq!(effects(&[all(9), ended(""), all(7), restored]), expected);
    }

    #[test]
    fn a_retired_key_that_is_not_named_is_an_error_and_an_added_one_is_lost_if_the_store_lacks_it() {
        let mut plan = Plan::default();
        assert_eq!(plan.take(&row("one", AuditAction::KeyRetire, None, None)), Err(TrailError::Note(1)));
        let keys = [1, 2].map(|byte| KeyId::from_bytes([byte; 8]));
        for key in keys {
            let mut added = row("one", AuditAction::KeyAdd, None, None);
            added.note = Some(format!("key={key} sealed_by={key}"));
            plan.take(&added).unwrap();
        }
        assert_eq!(plan.tally(&keys[..1]).done.lost_keys, keys[1..]);
        assert!(!plan.tally(&keys).done.reordered);
        let put_last = AuditRow {
            note: Some(format!("key={} order=last", keys[0])),
            ..row("one", AuditAction::KeyAdd, None, None)
        };
        plan.take(&put_last).unwrap();
        assert!(plan.tally(&keys).done.reordered);
        assert!(!plan.tally(&keys).done.unmarked);
        plan.take(&AuditEntry::ignoring_case(Actor::Operator).chained(Chain::embedded(), (0, [0; 32]), 7)).unwrap();
        assert!(plan.tally(&keys).done.unmarked);
    }
}
