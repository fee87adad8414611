//! Statements that keep the data in order: what is expired leaves, what is damaged is found.

use rusqlite::{Connection, Row, params};

use super::error::ReadError;
use super::execute::exists;
use super::{audit, names};
use crate::feed::FeedCheck;
use crate::records::{CHANGE, TOKEN_ROW, USER_ROW};
use crate::row::Columns as _;
use crate::{Purged, UserRow, statements, user_names};
use zonemint_base::model::TokenId;

/// Walks through the tokens by their identifiers, so that no index of ends has to be kept at each mint.
pub(super) fn purge_tokens(
    connection: &Connection,
    ended_before_s: u64,
    after: Option<TokenId>,
    scan: usize,
) -> rusqlite::Result<Purged> {
    let start = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    let sql = "SELECT max(id), count(*) FROM (SELECT id FROM tokens WHERE id > ? ORDER BY id LIMIT ?)";
    let (last, seen): (Option<Vec<u8>>, usize) =
        connection.prepare_cached(sql)?.query_row(params![start, scan], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(last) = last else { return Ok(Purged { removed: 0, next: None }) };
    let sql = "DELETE FROM tokens WHERE id > ? AND id <= ? AND expires_s < ?";
    let removed = connection.prepare_cached(sql)?.execute(params![start, last, ended_before_s])?;
    if removed > 0 {
        let sql = "DELETE FROM temporary_parents WHERE parent > ? AND parent <= ? AND parent_generation = 0
                   AND NOT EXISTS (SELECT 1 FROM tokens WHERE tokens.id = parent)";
        connection.prepare_cached(sql)?.execute(params![start, last])?;
    }
    // An identifier that cannot be read ends the walk; the check finds it.
    let next = if seen < scan { None } else { TokenId::from_bytes(&last).ok() };
    Ok(Purged { removed, next })
}

/// Returns what is wrong, each finding as a sentence.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>, ReadError> {
    let mut findings = Vec::new();
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let told: String = row.get(0)?;
        if told != "ok" {
            findings.push(format!("SQLite's integrity check: {told}"));
        }
    }
    for (what, sql) in [
        (
            "belong to a user that does not exist",
            "SELECT count(*) FROM tokens WHERE user NOT IN (SELECT id FROM users)",
        ),
        (
            "were made with a root key that does not exist",
            "SELECT count(*) FROM tokens WHERE sealed IS NULL AND key NOT IN (SELECT id FROM root_keys)",
        ),
    ] {
        let count: u64 = connection.prepare(sql)?.query_row([], |row| row.get(0))?;
        if count > 0 {
            findings.push(format!("{count} tokens {what}"));
        }
    }
    unreadable(connection, &mut findings)?;
    findings.extend(check_feed(connection)?);
    Ok(findings)
}

/// Reads all changes.
fn check_feed(connection: &Connection) -> Result<Vec<String>, ReadError> {
    let ends = audit::feed_end(connection)?;
    let mut check = FeedCheck::default();
    let mut statement = connection.prepare("SELECT '', seq, hash, at_ms, kind, id FROM changes ORDER BY seq")?;
    let mut damaged = 0_u64;
    for change in statement.query_map([], |row| Ok(CHANGE.of(row)))? {
        match change {
            Ok(Ok(change)) if change.seq <= ends.of(&change.chain).seq => check.see(&change),
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => damaged += 1,
        }
    }
    // One that cannot be read is missing to those around it.
    Ok(if damaged > 0 { vec![format!("{damaged} changes cannot be read")] } else { check.findings(&ends) })
}

/// Reads each record as the program does.
fn unreadable(connection: &Connection, findings: &mut Vec<String>) -> Result<(), ReadError> {
    let mut tokens = connection.prepare(super::tokens::DUMP_ALL)?;
    let mut damaged = 0_u64;
    for row in tokens.query_map([], |row| Ok(TOKEN_ROW.of(row).is_err()))? {
        damaged += u64::from(row.unwrap_or(true));
    }
    if damaged > 0 {
        findings.push(format!("{damaged} tokens cannot be read"));
    }
    let mut users = connection.prepare(statements::users::DUMP)?;
    let is_marked = exists(connection, &statements::names::mark(user_names::MARK).statement)?;
    let [mut damaged, mut unfolded] = [0_u64; 2];
    let read = |row: &Row<'_>| {
        let UserRow { user, .. } = USER_ROW.of(row).ok()?;
        Some(user_names::is_folded(user.name.as_ref(), row.name(12).ok()?.map(str::as_bytes)))
    };
    for is_folded in users.query_map(params![&[][..], i64::MAX], |row| Ok(read(row)))? {
        match is_folded {
            Ok(Some(is_folded)) => unfolded += u64::from(is_marked && !is_folded),
            Ok(None) | Err(_) => damaged += 1,
        }
    }
    if damaged > 0 {
        findings.push(format!("{damaged} users cannot be read"));
    }
    if is_marked {
        unfolded += names::unfolded_former(connection)?;
    }
    findings.extend(user_names::unfolded(unfolded));
    Ok(())
}
