//! What a write leaves in the audit trail and in the change feed.

use std::collections::HashMap;

use super::{Command, Outcome};
use crate::{Actor, Added, AuditAction, AuditEntry, Changed, Descendants, Doomed, Inserted, Purged, Topic, UserChange};
use zonemint_base::model::{KeyId, Token, TokenId, User, UserId};

/// Audit rows and changes, in the order in which they are written. Both are of the moment of the command.
#[derive(Debug)]
pub(crate) struct Records {
    by: Actor,
    pub(crate) entries: Vec<AuditEntry>,
    pub(crate) topics: Vec<Topic>,
}

impl Command {
    /// The records of a command that had this outcome, and was not undone.
    pub(crate) fn records(&self, outcome: &Outcome, by: Actor) -> Records {
        let mut records = Records { by, entries: Vec::new(), topics: Vec::new() };
        if outcome.is_nothing() {
            return records;
        }
        match self {
            Self::InsertToken { token } | Self::InsertWithin { token, .. } => {
                records.mint(AuditAction::TokenMint, token);
            }
            Self::RecordTemporary { user, id, .. } => {
                records.entries.push(AuditEntry::minted(AuditAction::TokenTemporary, by, *user, *id));
            }
            Self::ImportTokens { tokens } => {
                for token in tokens {
                    records.mint(AuditAction::TokenImport, token);
                }
            }
            Self::ChangeToken { owner, id, change } => {
                records.topics.push(Topic::Token(*id));
                if change.name.is_some() || change.metadata.is_some() {
                    records.token_entry(AuditAction::TokenUpdate, *owner, *id);
                }
                if let Outcome::TokenChanged { revoked: Some(revoked) } = outcome {
                    let action = if *revoked { AuditAction::TokenRevoke } else { AuditAction::TokenRestore };
                    records.token_entry(action, *owner, *id);
                }
            }
            Self::DeleteToken { owner, id } => records.token(AuditAction::TokenDelete, *owner, *id),
            Self::RotateToken { old, new } => {
                records.token(AuditAction::TokenRevoke, new.user, old.id);
                records.mint(AuditAction::TokenMint, new);
            }
            Self::DeleteNamedTokens { owner, .. } => {
                records.tokens(AuditAction::TokenDelete, *owner, outcome.tokens());
            }
            Self::RevokeTokens { owner, .. } => {
                records.tokens(AuditAction::TokenRevoke, *owner, outcome.tokens());
                if matches!(outcome, Outcome::Revoked { ended_generation: true, .. }) {
                    records.change_user(*owner, &UserChange::Generation, None);
                }
            }
            Self::RevokeDescendants { doomed } => records.descendants(doomed, outcome),
            Self::InsertUser { user } => records.add_user(user),
            Self::ImportUsers { users } => {
                for user in users {
                    records.add_user(user);
                }
            }
            Self::ChangeUser { id, change } => {
                let former = if let Outcome::UserChanged { former } = outcome { former.as_deref() } else { None };
                records.change_user(*id, change, former);
            }
            Self::IgnoreCase {} => {
                records.topics.push(Topic::Names);
                if matches!(outcome, Outcome::IgnoresCase { is_new: true }) {
                    records.entries.push(AuditEntry::ignoring_case(by));
                }
            }
            Self::InsertFirstKey { key } | Self::AddKey { key } => {
                records.key(AuditAction::KeyAdd, format!("key={} sealed_by={}", key.id, key.sealed_by));
            }
            Self::PutKeyLast { id } => {
                records.topics.push(Topic::Keys);
                records.entries.push(AuditEntry::key_put_last(*id, by));
            }
            Self::RetireKey { id } => records.key(AuditAction::KeyRetire, format!("key={id}")),
            Self::ResealKeys { keys } => {
                records.topics.push(Topic::Keys);
                records.rewrap("keys", outcome, keys.first().map(|key| key.to.sealed_by));
            }
            Self::ResealSecrets { secrets } => {
                records.rewrap("secrets", outcome, secrets.first().map(|secret| secret.to.sealed_by));
            }
            Self::PurgeTokens { ended_before_s, .. } => {
                if let Outcome::Purged(Purged { removed, .. }) = outcome {
                    let note = format!("count={removed} ended_before={ended_before_s}");
                    records.noted(AuditAction::TokenPurge, note);
                }
            }
            Self::AppendAudit { entries } => records.entries.clone_from(entries),
            Self::Replay { effects, .. } => {
                if let Outcome::Counts(counts) = outcome {
                    let done = effects.iter().zip(counts).filter(|(_, count)| **count > 0);
                    records.topics.extend(done.filter_map(|(effect, _)| effect.topic()));
                }
            }
            Self::TouchTokens { .. }
            | Self::AddUses { .. }
            | Self::PurgeUses { .. }
            | Self::NoteAddress { .. }
            | Self::PurgeAddresses { .. }
            | Self::CorrectTokenCounts { .. }
            | Self::FoldNames { .. }
            | Self::PurgeChanges { .. }
            | Self::DeleteAudit { .. }
            | Self::Load { .. }
            | Self::SetMark { .. }
            | Self::Prove {} => {}
        }
        records
    }
}

impl Outcome {
    /// Whether nothing was changed.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Inserted(inserted) => *inserted != Inserted::Stored,
            Self::Added(added) => *added != Added::Stored,
            Self::Changed(changed) => *changed != Changed::Done,
            Self::FirstKey(is_new) => !is_new,
            Self::Count(count) => *count == 0,
            Self::Purged(purged) => purged.removed == 0,
            _ => false,
        }
    }

    fn tokens(&self) -> &[TokenId] {
        if let Self::Deleted(tokens) | Self::Revoked { tokens, .. } = self { tokens } else { &[] }
    }
}

impl Records {
    fn noted(&mut self, action: AuditAction, note: String) {
        self.entries.push(AuditEntry { note: Some(note), ..AuditEntry::new(action, self.by) });
    }

    fn token_entry(&mut self, action: AuditAction, owner: UserId, id: TokenId) {
        self.entries.push(AuditEntry { user: Some(owner), token: Some(id), ..AuditEntry::new(action, self.by) });
    }

    fn token(&mut self, action: AuditAction, owner: UserId, id: TokenId) {
        self.topics.push(Topic::Token(id));
        self.token_entry(action, owner, id);
    }

    fn tokens(&mut self, action: AuditAction, owner: UserId, ids: &[TokenId]) {
        for id in ids {
            self.token(action, owner, *id);
        }
    }

    /// A new token is in no cache: nothing is announced.
    fn mint(&mut self, action: AuditAction, token: &Token) {
        self.entries.push(AuditEntry::minted(action, self.by, token.user, token.id));
    }

    fn descendants(&mut self, doomed: &Doomed, outcome: &Outcome) {
        let Outcome::Descendants(Descendants { revoked, generations }) = outcome else { return };
        let Doomed { of, kin, by } = doomed;
        let owners: HashMap<_, _> = kin.iter().filter_map(|kin| Some((kin.what.token()?, kin.owner))).collect();
        for (id, owner) in revoked.iter().filter_map(|id| Some((*id, *owners.get(id)?))) {
            self.topics.push(Topic::Token(id));
            self.entries.push(AuditEntry::descendant(AuditAction::TokenRevoke, *by, of, owner, Some(id)));
        }
        for owner in generations {
            self.topics.push(Topic::User(*owner));
            self.entries.push(AuditEntry::descendant(AuditAction::UserGeneration, *by, of, *owner, None));
        }
    }

    fn add_user(&mut self, user: &User) {
        self.topics.push(Topic::User(user.id));
        let note = AuditEntry::named(user.name.as_ref());
        self.entries.push(AuditEntry { user: Some(user.id), note, ..AuditEntry::new(AuditAction::UserAdd, self.by) });
    }

    /// `former` is the user name that the account lost.
    fn change_user(&mut self, id: UserId, change: &UserChange, former: Option<&str>) {
        self.topics.push(Topic::User(id));
        if let Some(action) = change.action() {
            let note = former.map(|former| AuditEntry::renamed(former, change.name())).or_else(|| change.note());
            self.entries.push(AuditEntry { user: Some(id), note, ..AuditEntry::new(action, self.by) });
        }
    }

    fn key(&mut self, action: AuditAction, note: String) {
        self.topics.push(Topic::Keys);
        self.noted(action, note);
    }

    /// Sealed secrets are in no cache: only root keys are announced.
    fn rewrap(&mut self, what: &str, outcome: &Outcome, under: Option<KeyId>) {
        if let Outcome::Count(done) = outcome {
            let under = under.map_or_else(String::new, |key| format!(" sealed_by={key}"));
            self.noted(AuditAction::KeyRewrap, format!("{what}={done}{under}"));
        }
    }
}
