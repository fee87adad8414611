//! How this engine executes a [`Command`]: as data, so that a batch whose transaction was lost can be run again. What a command is to
//! leave behind, and what undoes it, is decided in [`crate::command`].

use super::batch::Batch;
use super::callers::Lock;
use super::fault::Fault;
use super::mint_run::Mint;
use super::{descendants, feed, keys, mints, names, tokens, transfer, upkeep, uses};
pub(super) use crate::command::Stamp;
use crate::command::{Command, Outcome};
use crate::transaction::{Transaction as _, change_all, effects, users};
use crate::{Caller, StoreError, statements, transaction};
use zonemint_base::model::{Parent, UserId};

/// A command, and who asks for it.
pub(super) struct Operation {
    pub(super) command: Command,
    pub(super) stamp: Stamp,
}

/// The outcome of a command, and what is to become of what it did.
pub(super) enum Execution {
    /// It stays.
    Keep(Outcome),
    /// It is undone: the outcome says why.
    Undo(Outcome),
    /// It was not begun: the caller may not have it done.
    Refuse(StoreError),
}

impl Operation {
    /// The mint that this operation is, if it is one.
    pub(super) fn mint(&self) -> Option<Mint<'_>> {
        match &self.command {
            Command::InsertToken { token } => Some(Mint::Token(token, self.stamp)),
            Command::RecordTemporary { user, id, generation } => {
                Some(Mint::Temporary(*user, *id, *generation, self.stamp))
            }
            _ => None,
        }
    }

    /// Whether it shows that a mint would be stored.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self.command, Command::Prove {})
    }

    /// The caller who asks for it; none for the operator and the server itself.
    pub(super) fn caller(&self) -> Option<&Caller> {
        self.stamp.0.caller()
    }

    /// Whose account it changes or locks, with its tokens: mints are not to keep it waiting.
    pub(super) fn accounts(&self) -> Vec<UserId> {
        let mut accounts = match &self.command {
            Command::ChangeToken { owner, .. }
            | Command::DeleteToken { owner, .. }
            | Command::DeleteNamedTokens { owner, .. }
            | Command::RevokeTokens { owner, .. } => vec![*owner],
            Command::InsertWithin { token, .. } | Command::RotateToken { new: token, .. } => vec![token.user],
            Command::ChangeUser { id, .. } => vec![*id],
            Command::RevokeDescendants { doomed } => doomed.kin.iter().map(|kin| kin.owner).collect(),
            _ => Vec::new(),
        };
        if self.mint().is_none()
            && let Some(caller) = self.caller()
        {
            accounts.extend(caller.accounts());
        }
        accounts
    }

    /// How its caller's rows are locked. Alone only where it changes them, or must wait for what is being minted with them: else a
    /// revocation and the mints of other nodes would keep one another waiting.
    fn lock(&self) -> Lock {
        let own = self.caller().and_then(Caller::token).and_then(Parent::token);
        match &self.command {
            Command::ChangeToken { id, .. } | Command::DeleteToken { id, .. } if own != Some(*id) => Lock::SharedByAll,
            Command::RotateToken { old, .. } if own != Some(old.id) => Lock::SharedByAll,
            Command::InsertUser { .. }
            | Command::AddKey { .. }
            | Command::PutKeyLast { .. }
            | Command::RetireKey { .. }
            | Command::AppendAudit { .. } => Lock::SharedByAll,
            _ => Lock::Alone,
        }
    }

    /// Runs the command with its records, in a transaction, if the caller still has the right to it.
    pub(super) async fn run(&self, batch: &mut Batch<'_>) -> Result<Execution, Fault> {
        let (by, at_ms) = self.stamp;
        if let Some(refusal) = batch.refusal(&by, self.lock()).await? {
            return Ok(Execution::Refuse(refusal));
        }
        let outcome = match self.execute(batch).await {
            Err(fault) if fault.is_taken() => self.command.outcome_of_taken().ok_or(fault)?,
            other => other?,
        };
        if !self.command.keeps(&outcome) {
            return Ok(Execution::Undo(outcome));
        }
        let records = self.command.records(&outcome, by);
        records.topics.into_iter().for_each(|topic| batch.announce(topic, at_ms));
        records.entries.into_iter().for_each(|entry| batch.append(entry, at_ms));
        Ok(Execution::Keep(outcome))
    }

    async fn execute(&self, batch: &mut Batch<'_>) -> Result<Outcome, Fault> {
        let (by, at_ms) = self.stamp;
        Ok(match &self.command {
            Command::ImportTokens { tokens } => Outcome::EachInserted(mints::insert(batch, tokens, self.stamp).await?),
            Command::InsertWithin { token, most } => {
                Outcome::Inserted(mints::insert_within(batch, token, *most, self.stamp).await?)
            }
            Command::ChangeToken { owner, id, change } => tokens::change(batch, *owner, *id, change, at_ms).await?,
            Command::DeleteToken { owner, id } => tokens::delete(batch, *owner, *id, at_ms).await?,
            Command::RotateToken { old, new } => Outcome::Changed(tokens::rotate(batch, old, new, self.stamp).await?),
            Command::DeleteNamedTokens { owner, limit } => {
                Outcome::Deleted(tokens::delete_named(batch, *owner, *limit, at_ms).await?)
            }
            Command::RevokeTokens { owner, which, limit } => {
                tokens::revoke(batch, *owner, which, *limit, at_ms).await?
            }
            Command::RevokeDescendants { doomed } => {
                Outcome::Descendants(descendants::revoke(batch, &doomed.kin, at_ms).await?)
            }
            Command::TouchTokens { used } => done(tokens::touch(batch, used).await)?,
            Command::InsertUser { user } => Outcome::Added(users::insert(batch, user).await?),
            Command::ImportUsers { users } => Outcome::EachAdded(users::insert_all(batch, users).await?),
            Command::ChangeUser { id, change } => users::change(batch, *id, change, by, at_ms).await?,
            Command::CorrectTokenCounts { ended } => {
                count(change_all(batch, ended.iter().map(statements::users::correct_token_count)).await)?
            }
            Command::FoldNames { names, former } => Outcome::Changed(names::fold(batch, names, former).await?),
            Command::IgnoreCase {} => transaction::names::ignore_case(batch).await?,
            Command::InsertFirstKey { key } => Outcome::FirstKey(transaction::keys::insert_first(batch, key).await?),
            Command::AddKey { key } => done(transaction::keys::add(batch, key).await)?,
            Command::PutKeyLast { id } => transaction::keys::put_last(batch, *id).await?,
            Command::RetireKey { id } => transaction::keys::retire(batch, *id, at_ms).await?,
            Command::ResealKeys { keys } => count(change_all(batch, keys.iter().map(statements::keys::reseal)).await)?,
            Command::ResealSecrets { secrets } => count(keys::reseal_secrets(batch, secrets).await)?,
            Command::AddUses { uses } => done(uses::add(batch, uses).await)?,
            Command::PurgeUses { before_day, limit } => {
                count(batch.change(&statements::uses::purge(*before_day, *limit)).await)?
            }
            Command::NoteAddress { seen, former, oldest_ms, most } => {
                done(change_all(batch, statements::addresses::note(seen, former, *oldest_ms, *most)).await.map(drop))?
            }
            Command::PurgeAddresses { before_ms, limit } => {
                count(batch.change(&statements::addresses::purge(*before_ms, *limit)).await)?
            }
            Command::PurgeChanges { before_ms, limit } => count(feed::purge(batch, *before_ms, *limit).await)?,
            Command::PurgeTokens { ended_before_s, after, scan } => {
                Outcome::Purged(upkeep::purge_tokens(batch, *ended_before_s, *after, *scan).await?)
            }
            Command::AppendAudit { .. } => Outcome::Done,
            Command::DeleteAudit { chain, seq, limit } => count(feed::delete_audit(batch, chain, *seq, *limit).await)?,
            Command::Load { rows, mark } => done(transfer::load(batch, rows, mark).await)?,
            Command::Replay { effects, mark } => Outcome::Counts(effects::apply_all(batch, effects, mark).await?),
            Command::Prove {} => done(upkeep::prove(batch).await)?,
            Command::SetMark { mark } => done(batch.change(&statements::names::set_mark(mark)).await.map(drop))?,
            Command::InsertToken { .. } | Command::RecordTemporary { .. } => {
                return Err(Fault::Other("a mint was taken for another operation".into()));
            }
        })
    }
}

fn count(rows: Result<u64, Fault>) -> Result<Outcome, Fault> {
    rows.map(Outcome::of_count)
}

fn done(result: Result<(), Fault>) -> Result<Outcome, Fault> {
    result.map(|()| Outcome::Done)
}
