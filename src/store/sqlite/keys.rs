//! Statements about root keys and sealed secrets.

use rusqlite::{Connection, params};

use super::readers::ReadError;
use super::writer::Batch;
use super::{records, schema};
use crate::model::{KeyId, TokenId};
use crate::store::{Actor, AuditAction, AuditEntry, Changed, Resealed, SealedKey, SealedSecret, Topic};

pub(super) fn all(connection: &Connection) -> Result<Vec<SealedKey>, ReadError> {
    let sql = "SELECT id, sealed_by, sealed, created_ms, retired_ms, number FROM root_keys
               ORDER BY number DESC NULLS FIRST, created_ms DESC, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], records::sealed_key)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn insert_first(batch: &mut Batch<'_>, key: &SealedKey) -> rusqlite::Result<()> {
    if batch.connection().prepare_cached("SELECT 1 FROM root_keys")?.exists([])? {
        return Ok(());
    }
    add(batch, key, Actor::System)
}

pub(super) fn add(batch: &mut Batch<'_>, key: &SealedKey, by: Actor) -> rusqlite::Result<()> {
    let number = Some(next_number(batch.connection())?);
    insert(batch.connection(), &SealedKey { number, ..key.clone() })?;
    batch.announce(Topic::Keys, key.created_ms)?;
    let note = Some(format!("key={} sealed_by={}", key.id, key.sealed_by));
    batch.append(AuditEntry { note, ..AuditEntry::new(AuditAction::KeyAdd, by) }, key.created_ms)
}

/// Every key has a number here, but for one that was copied from where a node of the version before has added it.
fn next_number(connection: &Connection) -> rusqlite::Result<u64> {
    connection.execute(schema::NUMBER_KEYS, [])?;
    connection.query_row("SELECT coalesce(max(number), 0) + 1 FROM root_keys", [], |row| row.get(0))
}

pub(super) fn insert(connection: &Connection, key: &SealedKey) -> rusqlite::Result<()> {
    let SealedKey { id, sealed_by, sealed, number, created_ms, retired_ms } = key;
    let sql = "INSERT INTO root_keys (id, sealed_by, sealed, created_ms, retired_ms, number) VALUES (?,?,?,?,?,?)";
    let parameters = params![id.as_bytes(), sealed_by.as_bytes(), sealed, created_ms, retired_ms, number];
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

pub(super) fn put_last(batch: &mut Batch<'_>, id: KeyId, by: Actor, at_ms: u64) -> rusqlite::Result<Changed> {
    let number = next_number(batch.connection())?;
    let sql = "UPDATE root_keys SET number = ? WHERE id = ? AND retired_ms IS NULL";
    if batch.connection().prepare_cached(sql)?.execute(params![number, id.as_bytes()])? == 0 {
        return Ok(Changed::NotFound);
    }
    batch.announce(Topic::Keys, at_ms)?;
    batch.append(AuditEntry::key_put_last(id, by), at_ms)?;
    Ok(Changed::Done)
}

pub(super) fn retire(batch: &mut Batch<'_>, id: KeyId, by: Actor, at_ms: u64) -> rusqlite::Result<Changed> {
    let sql = "UPDATE root_keys SET retired_ms = ?1, sealed = x'' WHERE id = ?2 AND retired_ms IS NULL
               AND EXISTS (SELECT 1 FROM root_keys WHERE id <> ?2 AND retired_ms IS NULL)";
    if batch.connection().prepare_cached(sql)?.execute(params![at_ms, id.as_bytes()])? == 0 {
        return Ok(Changed::NotFound);
    }
    batch.announce(Topic::Keys, at_ms)?;
    let note = Some(format!("key={id}"));
    batch.append(AuditEntry { note, ..AuditEntry::new(AuditAction::KeyRetire, by) }, at_ms)?;
    Ok(Changed::Done)
}

pub(super) fn reseal(
    batch: &mut Batch<'_>,
    keys: &[Resealed<SealedKey>],
    by: Actor,
    at_ms: u64,
) -> rusqlite::Result<usize> {
    let sql = "UPDATE root_keys SET sealed_by = ?, sealed = ? WHERE id = ? AND sealed_by = ? AND retired_ms IS NULL";
    let mut statement = batch.connection().prepare_cached(sql)?;
    let mut done = 0;
    for Resealed { from, to } in keys {
        done += statement.execute(params![to.sealed_by.as_bytes(), to.sealed, to.id.as_bytes(), from.as_bytes()])?;
    }
    drop(statement);
    if done > 0 {
        batch.announce(Topic::Keys, at_ms)?;
        record_rewrap(batch, "keys", done, keys.first().map(|key| key.to.sealed_by), by, at_ms)?;
    }
    Ok(done)
}

pub(super) fn secrets_not_under(
    connection: &Connection,
    current: KeyId,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<SealedSecret>, ReadError> {
    let sql = "SELECT id, key, sealed FROM tokens
               WHERE sealed IS NOT NULL AND deleted_ms IS NULL AND key <> ? AND id > ? ORDER BY id LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    let rows = statement.query_map(params![current.as_bytes(), after, limit], |row| {
        let token = records::token_id(row.get_ref(0)?.as_blob()?);
        let sealed_by = KeyId::from_bytes(row.get(1)?);
        let sealed = row.get(2)?;
        Ok(token.map(|token| SealedSecret { token, sealed_by, sealed }))
    })?;
    rows.map(|row| row?).collect()
}

pub(super) fn reseal_secrets(
    batch: &mut Batch<'_>,
    secrets: &[Resealed<SealedSecret>],
    by: Actor,
    at_ms: u64,
) -> rusqlite::Result<usize> {
    let sql = "UPDATE tokens SET key = ?, sealed = ? WHERE id = ? AND key = ? AND sealed IS NOT NULL";
    let mut statement = batch.connection().prepare_cached(sql)?;
    let mut done = 0;
    for Resealed { from, to } in secrets {
        let (sealed_by, token) = (to.sealed_by.as_bytes(), to.token.as_bytes());
        done += statement.execute(params![sealed_by, to.sealed, token, from.as_bytes()])?;
    }
    drop(statement);
    if done > 0 {
        record_rewrap(batch, "secrets", done, secrets.first().map(|secret| secret.to.sealed_by), by, at_ms)?;
    }
    Ok(done)
}

fn record_rewrap(
    batch: &mut Batch<'_>,
    what: &str,
    done: usize,
    under: Option<KeyId>,
    by: Actor,
    at_ms: u64,
) -> rusqlite::Result<()> {
    let under = under.map_or_else(String::new, |key| format!(" sealed_by={key}"));
    let note = Some(format!("{what}={done}{under}"));
    batch.append(AuditEntry { note, ..AuditEntry::new(AuditAction::KeyRewrap, by) }, at_ms)
}

pub(super) fn tokens_under(connection: &Connection, key: KeyId, at_ms: u64) -> Result<u64, ReadError> {
    let sql = "SELECT count(*) FROM tokens
               WHERE key = ?1 AND sealed IS NULL AND deleted_ms IS NULL AND coalesce(revoked_ms > ?2, 1)
               AND coalesce(expires_s > ?2 / 1000, 1)";
    Ok(connection.prepare_cached(sql)?.query_row(params![key.as_bytes(), at_ms], |row| row.get(0))?)
}
