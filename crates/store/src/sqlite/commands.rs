//! How this engine executes a [`Command`]. What a command is to leave behind, and what undoes it, is decided in
//! [`crate::command`].

use rusqlite::Connection;

use super::batch::Batch;
use super::error::is_name_taken;
use super::execute::{at_once, execute, execute_all};
use super::{audit, descendants, keys, names, tokens, transfer, upkeep, uses};
use crate::command::{Command, Outcome, Stamp};
use crate::sql::Statement;
use crate::transaction::{effects, users};
use crate::{Inserted, StoreError, statements, transaction};

/// The answer to a command, and what is to become of what it did.
pub(super) struct Execution {
    pub(super) answer: Result<Outcome, StoreError>,
    /// Whether it stays.
    pub(super) is_kept: bool,
}

/// Runs a command with its records, if its caller still has the right to it.
pub(super) fn run(batch: &mut Batch<'_>, command: &Command, (by, at_ms): &Stamp) -> rusqlite::Result<Execution> {
    if let Some(lost) = batch.lost(by)? {
        return Ok(Execution { answer: Err(StoreError::NotAuthorised(lost)), is_kept: true });
    }
    let outcome = match dispatch(batch, command, (*by, *at_ms)) {
        Err(error) if is_name_taken(&error) => command.outcome_of_taken().ok_or(error)?,
        other => other?,
    };
    let is_kept = command.keeps(&outcome);
    if is_kept {
        let records = command.records(&outcome, *by);
        for topic in records.topics {
            batch.announce(topic, *at_ms)?;
        }
        batch.append_all(records.entries.into_iter().map(|entry| (entry, *at_ms)).collect())?;
    }
    Ok(Execution { answer: Ok(outcome), is_kept })
}

fn dispatch(batch: &mut Batch<'_>, command: &Command, (by, at_ms): Stamp) -> rusqlite::Result<Outcome> {
    let connection = batch.connection();
    Ok(match command {
        Command::InsertToken { token } => Outcome::Inserted(tokens::insert(batch, token)?),
        Command::InsertWithin { token, most } => {
            let inserted = tokens::insert(batch, token)?;
            let is_full = inserted == Inserted::Stored && !at_once(users::has_room(connection, &token.user, *most))?;
            Outcome::Inserted(if is_full { Inserted::TooMany } else { inserted })
        }
        Command::RecordTemporary { user, generation, .. } => {
            Outcome::Inserted(tokens::audit_temporary_token(connection, *user, *generation, by)?)
        }
        Command::ImportTokens { tokens } => {
            let each = tokens.iter().map(|token| tokens::insert(batch, token));
            Outcome::EachInserted(each.collect::<rusqlite::Result<_>>()?)
        }
        Command::ChangeToken { owner, id, change } => tokens::change(connection, *owner, *id, change, at_ms)?,
        Command::DeleteToken { owner, id } => tokens::delete(connection, *owner, *id, at_ms)?,
        Command::RotateToken { old, new } => Outcome::Changed(tokens::rotate(batch, old, new, at_ms)?),
        Command::DeleteNamedTokens { owner, limit } => {
            Outcome::Deleted(tokens::delete_named(connection, *owner, *limit, at_ms)?)
        }
        Command::RevokeTokens { owner, which, limit } => tokens::revoke(connection, *owner, which, *limit, at_ms)?,
        Command::RevokeDescendants { doomed } => {
            Outcome::Descendants(descendants::revoke(connection, &doomed.kin, at_ms)?)
        }
        Command::TouchTokens { used } => done(tokens::touch(connection, used))?,
        Command::AddUses { uses } => done(uses::add(connection, uses))?,
        Command::PurgeUses { before_day, limit } => count(connection, &statements::uses::purge(*before_day, *limit))?,
        Command::NoteAddress { seen, former, oldest_ms, most } => {
            let statements = statements::addresses::note(seen, former, *oldest_ms, *most);
            done(execute_all(connection, statements).map(drop))?
        }
        Command::PurgeAddresses { before_ms, limit } => {
            count(connection, &statements::addresses::purge(*before_ms, *limit))?
        }
        Command::InsertUser { user } => Outcome::Added(at_once(users::insert(connection, user))?),
        Command::ImportUsers { users } => Outcome::EachAdded(at_once(users::insert_all(connection, users))?),
        Command::ChangeUser { id, change } => at_once(users::change(connection, *id, change, by, at_ms))?,
        Command::CorrectTokenCounts { ended } => {
            Outcome::of_count(execute_all(connection, ended.iter().map(statements::users::correct_token_count))?)
        }
        Command::FoldNames { names, former } => Outcome::Changed(names::fold(connection, names, former)?),
        Command::IgnoreCase {} => at_once(transaction::names::ignore_case(connection))?,
        Command::InsertFirstKey { key } => {
            Outcome::FirstKey(at_once(transaction::keys::insert_first(connection, key))?)
        }
        Command::AddKey { key } => done(at_once(transaction::keys::add(connection, key)))?,
        Command::PutKeyLast { id } => at_once(transaction::keys::put_last(connection, *id))?,
        Command::RetireKey { id } => at_once(transaction::keys::retire(connection, *id, at_ms))?,
        Command::ResealKeys { keys } => {
            Outcome::of_count(execute_all(connection, keys.iter().map(statements::keys::reseal))?)
        }
        Command::ResealSecrets { secrets } => Outcome::Count(keys::reseal_secrets(connection, secrets)?),
        Command::PurgeChanges { before_ms, limit } => {
            Outcome::Count(audit::purge_changes(connection, *before_ms, *limit)?)
        }
        Command::PurgeTokens { ended_before_s, after, scan } => {
            Outcome::Purged(upkeep::purge_tokens(connection, *ended_before_s, *after, *scan)?)
        }
        Command::AppendAudit { .. } => Outcome::Done,
        Command::DeleteAudit { chain, seq, limit } => Outcome::Count(audit::delete(connection, chain, *seq, *limit)?),
        Command::Load { rows, mark } => done(transfer::load(batch, rows, mark))?,
        Command::Replay { effects, mark } => Outcome::Counts(at_once(effects::apply_all(connection, effects, mark))?),
        Command::SetMark { mark } => done(execute(connection, &statements::names::set_mark(mark)).map(drop))?,
        Command::Prove {} => done(tokens::prove(connection))?,
    })
}

fn count(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<Outcome> {
    Ok(Outcome::of_count(execute(connection, statement)?))
}

fn done(result: rusqlite::Result<()>) -> rusqlite::Result<Outcome> {
    result.map(|()| Outcome::Done)
}
