//! Statements about audit rows and changes. The chain of this store has a table of its own, in which a row's number is its
//! place; chains that were copied from elsewhere lie in another one and never grow.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::batch::Batch;
use super::error::ReadError;
use super::execute::{all, all_as};
use super::rows::{Inserts, Values};
use crate::records::{CHANGE, HEAD, audit_row};
use crate::{AuditRow, Chain, Change, Cursor, FeedPage, Head, Position, Source, columns};
use zonemint_base::model::{TokenId, UserId};

/// Of the chain of this store.
static INSERT: LazyLock<Inserts> =
    LazyLock::new(|| Inserts::new("audit (seq, at_ms, action, actor, user, token, hash, note)", 8));

pub(super) fn insert(connection: &Connection, row: &AuditRow) -> rusqlite::Result<()> {
    let elsewhere = "INSERT INTO audit_elsewhere (seq, at_ms, action, actor, user, token, hash, note, chain)
                     VALUES (?,?,?,?,?,?,?,?,?)";
    let is_own = row.chain.as_str().is_empty();
    let mut statement = connection.prepare_cached(if is_own { INSERT.of_at_most(1).1 } else { elsewhere })?;
    let mut values = Values::of(&mut statement);
    give(&mut values, row)?;
    if !is_own {
        values.give(row.chain.as_str())?;
    }
    values.execute().map(drop)
}

/// Adds rows of the chain of this store.
pub(super) fn insert_own(batch: &mut Batch<'_>, rows: &[AuditRow]) -> rusqlite::Result<()> {
    let mut rest = rows;
    while !rest.is_empty() {
        let (count, sql) = INSERT.of_at_most(rest.len());
        let (these, others) = rest.split_at(count);
        let mut values = Values::of(batch.at_hand(sql)?);
        these.iter().try_for_each(|row| give(&mut values, row))?;
        values.execute()?;
        rest = others;
    }
    Ok(())
}

/// Gives the values of [`INSERT`].
fn give(values: &mut Values<'_, '_>, row: &AuditRow) -> rusqlite::Result<()> {
    values.give(row.seq)?;
    values.give(row.at_ms)?;
    values.give(row.action.name())?;
    values.give(row.actor.as_ref().map(UserId::as_bytes))?;
    values.give(row.user.as_ref().map(UserId::as_bytes))?;
    values.give(row.token.as_ref().map(TokenId::as_bytes))?;
    values.give(row.hash)?;
    values.give(row.note.as_deref())
}

/// The rows of a chain, as statements name them whose first parameter is the chain.
fn rows_of(chain: &Chain) -> &'static str {
    if chain.as_str().is_empty() { "audit WHERE ?1 = ''" } else { "audit_elsewhere WHERE chain = ?1" }
}

/// The hash of the row of that chain and number, if it is there.
pub(super) fn hash_of(connection: &Connection, row: &AuditRow) -> rusqlite::Result<Option<[u8; 32]>> {
    let sql = format!("SELECT hash FROM {} AND seq = ?2", rows_of(&row.chain));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params![row.chain.as_str(), row.seq], |found| found.get(0)).optional()
}

pub(super) fn after(
    connection: &Connection,
    chain: &Chain,
    seq: u64,
    limit: usize,
) -> Result<Vec<AuditRow>, ReadError> {
    let columns = "seq, at_ms, action, actor, user, token, note, hash";
    let sql = format!("SELECT {columns} FROM {} AND seq > ?2 ORDER BY seq LIMIT ?3", rows_of(chain));
    all_as(connection, &sql, params![chain.as_str(), seq, limit], |row| Ok(audit_row(chain, row)?))
}

/// The end of the chain that is written here; row 0 when there is none.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<Head> {
    let chain = Chain::embedded();
    let last = connection
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, hash) = last.unwrap_or((0, chain.genesis()));
    Ok(Head { chain, seq, hash })
}

pub(super) fn heads(connection: &Connection) -> Result<Vec<Head>, ReadError> {
    let sql = "SELECT '', seq, hash FROM (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1)
               UNION ALL
               SELECT chain, seq, hash FROM audit_elsewhere AS one
               WHERE seq = (SELECT max(seq) FROM audit_elsewhere WHERE chain = one.chain)
               ORDER BY 1";
    all(connection, sql, [], &HEAD)
}

pub(super) fn delete(connection: &Connection, chain: &Chain, seq: u64, limit: usize) -> rusqlite::Result<usize> {
    let rows = rows_of(chain);
    let sql = format!("DELETE FROM {rows} AND seq IN (SELECT seq FROM {rows} AND seq < ?2 ORDER BY seq LIMIT ?3)");
    connection.prepare_cached(&sql)?.execute(params![chain.as_str(), seq, limit])
}

pub(super) fn feed_end(connection: &Connection) -> Result<Position, ReadError> {
    let mut position = Position::default();
    position.set(Chain::embedded(), last_change(connection)?);
    Ok(position)
}

/// The last change, which is never purged.
pub(super) fn last_change(connection: &Connection) -> rusqlite::Result<Cursor> {
    let sql = "SELECT seq, hash FROM changes ORDER BY seq DESC LIMIT 1";
    let last = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok(Cursor { seq: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(last.unwrap_or_default())
}

/// Where the feed ends, and what follows a position.
pub(super) fn read_feed(connection: &Connection, position: &Position, limit: usize) -> Result<FeedPage, ReadError> {
    let sql = "SELECT '', seq, hash, at_ms, kind, id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?";
    // First the end: what is written meanwhile is read now or the next time.
    let ends = feed_end(connection)?;
    let changes = all(connection, sql, params![position.of(&Chain::embedded()).seq, limit], &CHANGE)?;
    Ok(FeedPage { ends, changes, source: Source::default(), lost: Vec::new() })
}

pub(super) fn insert_change(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    let (kind, id) = columns::topic(&change.topic);
    connection
        .prepare_cached("INSERT INTO changes (seq, kind, id, at_ms, hash) VALUES (?,?,?,?,?)")?
        .execute(params![change.seq, kind, id, change.at_ms, change.hash])?;
    Ok(())
}

/// Only from the front: a younger change, by a clock that was set back since, keeps those after it.
pub(super) fn purge_changes(connection: &Connection, before_ms: u64, limit: usize) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes) AND seq IN (
                   SELECT seq FROM (
                       SELECT seq, max(at_ms) OVER (ORDER BY seq) AS latest_ms
                       FROM (SELECT seq, at_ms FROM changes ORDER BY seq LIMIT ?2)
                   ) WHERE latest_ms < ?1
               )";
    connection.prepare_cached(sql)?.execute(params![before_ms, limit])
}
