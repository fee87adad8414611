//! Statements about audit rows and changes. The chain of this store has a table of its own, in which a row's number is its
//! place; chains that were copied from elsewhere lie in another one and never grow.

use std::slice;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Statement, params};

use super::batch::Batch;
use super::error::ReadError;
use super::records;
use super::rows::{Inserts, Values};
use crate::{AuditRow, Chain, Change, Cursor, FeedPage, Head, Position, Source, columns};
use zonemint_base::model::{TokenId, UserId};

/// Of the chain of this store.
static INSERT: LazyLock<Inserts> =
    LazyLock::new(|| Inserts::new("audit (seq, at_ms, action, actor, user, token, hash, note)", 8));

pub(super) fn insert(connection: &Connection, row: &AuditRow) -> rusqlite::Result<()> {
    if row.chain.as_str().is_empty() {
        let (_, one) = INSERT.of_at_most(1);
        return insert_rows(&mut *connection.prepare_cached(one)?, slice::from_ref(row));
    }
    let (actor, user) = (row.actor.as_ref().map(UserId::as_bytes), row.user.as_ref().map(UserId::as_bytes));
    let (token, action) = (row.token.as_ref().map(TokenId::as_bytes), row.action.name());
    let sql = "INSERT INTO audit_elsewhere (chain, seq, at_ms, action, actor, user, token, hash, note)
               VALUES (?,?,?,?,?,?,?,?,?)";
    let chain = row.chain.as_str();
    let parameters = params![chain, row.seq, row.at_ms, action, actor, user, token, row.hash, row.note];
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

/// Adds rows of the chain of this store.
pub(super) fn insert_own(batch: &mut Batch<'_>, rows: &[AuditRow]) -> rusqlite::Result<()> {
    let mut rest = rows;
    while !rest.is_empty() {
        let (count, sql) = INSERT.of_at_most(rest.len());
        let (these, others) = rest.split_at(count);
        insert_rows(batch.at_hand(sql)?, these)?;
        rest = others;
    }
    Ok(())
}

/// Runs one of [`INSERT`], prepared.
fn insert_rows(statement: &mut Statement<'_>, rows: &[AuditRow]) -> rusqlite::Result<()> {
    let mut values = Values::of(statement);
    for row in rows {
        values.give(row.seq)?;
        values.give(row.at_ms)?;
        values.give(row.action.name())?;
        values.give(row.actor.as_ref().map(UserId::as_bytes))?;
        values.give(row.user.as_ref().map(UserId::as_bytes))?;
        values.give(row.token.as_ref().map(TokenId::as_bytes))?;
        values.give(row.hash)?;
        values.give(row.note.as_deref())?;
    }
    values.execute().map(drop)
}

/// Whether a row of that chain and number is there.
pub(super) fn has(connection: &Connection, row: &AuditRow) -> rusqlite::Result<bool> {
    if row.chain.as_str().is_empty() {
        connection.prepare_cached("SELECT 1 FROM audit WHERE seq = ?")?.exists([row.seq])
    } else {
        let sql = "SELECT 1 FROM audit_elsewhere WHERE chain = ? AND seq = ?";
        connection.prepare_cached(sql)?.exists(params![row.chain.as_str(), row.seq])
    }
}

/// The hash of the row of that chain and number, if it is there.
pub(super) fn hash_of(connection: &Connection, row: &AuditRow) -> rusqlite::Result<Option<[u8; 32]>> {
    let sql = if row.chain.as_str().is_empty() {
        "SELECT hash FROM audit WHERE ?1 = '' AND seq = ?2"
    } else {
        "SELECT hash FROM audit_elsewhere WHERE chain = ?1 AND seq = ?2"
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(params![row.chain.as_str(), row.seq], |found| found.get(0)).optional()
}

pub(super) fn after(
    connection: &Connection,
    chain: &Chain,
    seq: u64,
    limit: usize,
) -> Result<Vec<AuditRow>, ReadError> {
    let own = "SELECT seq, at_ms, action, actor, user, token, hash, note FROM audit
               WHERE seq > ?2 AND ?1 = '' ORDER BY seq LIMIT ?3";
    let elsewhere = "SELECT seq, at_ms, action, actor, user, token, hash, note FROM audit_elsewhere
                     WHERE chain = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(if chain.as_str().is_empty() { own } else { elsewhere })?;
    let rows = statement.query_map(params![chain.as_str(), seq, limit], |row| Ok(records::audit_row(chain, row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn heads(connection: &Connection) -> Result<Vec<Head>, ReadError> {
    let sql = "SELECT '', seq, hash FROM (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1)
               UNION ALL
               SELECT chain, seq, hash FROM audit_elsewhere AS one
               WHERE seq = (SELECT max(seq) FROM audit_elsewhere WHERE chain = one.chain)
               ORDER BY 1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Chain::parse(row.get_ref(0)?.as_str()?).map(|chain| (chain, row.get(1), row.get(2))))
    })?;
    rows.map(|row| {
        let (chain, seq, hash) = row?.ok_or(ReadError::Corrupt("chain"))?;
        let unreadable = |_| ReadError::Corrupt("chain's last row");
        Ok(Head { chain, seq: seq.map_err(unreadable)?, hash: hash.map_err(unreadable)? })
    })
    .collect()
}

pub(super) fn delete(connection: &Connection, chain: &Chain, seq: u64, limit: usize) -> rusqlite::Result<usize> {
    let own = "DELETE FROM audit WHERE ?1 = '' AND seq IN (SELECT seq FROM audit WHERE seq < ?2 ORDER BY seq LIMIT ?3)";
    let elsewhere = "DELETE FROM audit_elsewhere WHERE chain = ?1 AND seq IN
                     (SELECT seq FROM audit_elsewhere WHERE chain = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)";
    let sql = if chain.as_str().is_empty() { own } else { elsewhere };
    connection.prepare_cached(sql)?.execute(params![chain.as_str(), seq, limit])
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
    let sql = "SELECT seq, hash, at_ms, kind, id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?";
    // First the end: what is written meanwhile is read as well, or the next time.
    let ends = feed_end(connection)?;
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![position.of(&Chain::embedded()).seq, limit], records::change)?;
    let changes = rows.map(|row| row?).collect::<Result<_, _>>()?;
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
