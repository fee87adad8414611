//! Statements that keep the data in order: what is expired leaves, what is damaged is found. What reads everything reads it
//! in pages, so that no statement runs for long.

use super::batch::Batch;
use super::fault::Fault;
use super::inspect_hosts::IS_READ_ONLY;
use super::keys::place;
use super::readers::Readers;
use super::session::Parameters;
use super::{feed, names, records, tokens};
use crate::batch_size::SCAN_SIZE;
use crate::feed::FeedCheck;
use crate::records::{CHANGE, TOKEN, USER};
use crate::row::Columns as _;
use crate::{Purged, statements, user_names};
use zonemint_base::model::{KeyId, TokenId};

/// Whether the database accepts writes, as far as it says so itself.
///
/// # Errors
/// [`Fault::Other`] when new connections only read.
pub(super) async fn must_accept_writes(readers: &Readers) -> Result<(), Fault> {
    match readers.first(IS_READ_ONLY, &[], |row| Ok(row.try_get::<_, Option<bool>>(0)?)).await {
        Ok(Some(Some(true))) => Err(Fault::Other("the database only reads".to_owned())),
        Ok(_) => Ok(()),
        // Not every database can be asked so.
        Err(fault) if fault.is_answer() && !fault.is_lost() => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Inserts what a mint inserts, and takes it back. The transaction that it is in locks the chain, and is waited for as any other.
pub(super) async fn prove(batch: &Batch<'_>) -> Result<(), Fault> {
    // No identifier is as short, and no row of a chain has such a number.
    let token =
        r"INSERT INTO tokens (shard, id, owner, key, caveats, form, kind) VALUES (0, '\xff', '', '', '', '', '')";
    let audit = "INSERT INTO audit (chain, seq, at_ms, action, hash) SELECT chain, -1, 0, '', '' FROM heads LIMIT 1";
    batch.run("SAVEPOINT proof").await?;
    batch.execute(token, &[]).await?;
    batch.execute(audit, &[]).await?;
    batch.run("ROLLBACK TO SAVEPOINT proof; RELEASE SAVEPOINT proof").await
}

/// Walks through the tokens in the order of the table, so that no index of ends has to be kept at each mint.
pub(super) async fn purge_tokens(
    batch: &Batch<'_>,
    ended_before_s: u64,
    after: Option<TokenId>,
    scan: usize,
) -> Result<Purged, Fault> {
    let sql = "SELECT id FROM tokens WHERE (shard, id) > ($1, $2) ORDER BY shard, id LIMIT $3";
    let (shard, id) = place(after.as_ref());
    let seen = batch.query(sql, &[&shard, &id, &records::limit(scan)]).await?;
    let Some(last) = seen.last() else { return Ok(Purged { removed: 0, next: None }) };
    let last = records::token_id(last)?;
    let sql = "DELETE FROM tokens WHERE (shard, id) > ($1, $2) AND (shard, id) <= ($3, $4) AND expires_s < $5
               RETURNING id";
    let until = (records::shard(&last), last.as_bytes());
    let parameters: &Parameters<'_> = &[&shard, &id, &until.0, &until.1, &records::big(ended_before_s)];
    let removed: Vec<Vec<u8>> =
        batch.query(sql, parameters).await?.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if !removed.is_empty() {
        let sql = "DELETE FROM temporary_parents WHERE parent = ANY ($1::bytea[]) AND parent_generation = 0";
        batch.execute(sql, &[&removed]).await?;
    }
    let next = (seen.len() == scan).then_some(last);
    Ok(Purged { removed: removed.len(), next })
}

pub(super) async fn tokens_under(readers: &Readers, key: KeyId, at_ms: u64) -> Result<u64, Fault> {
    let sql = "SELECT id, key = $4 AND sealed IS NULL AND deleted_ms IS NULL AND coalesce(revoked_ms > $5, true)
                      AND coalesce(expires_s > $6, true)
               FROM tokens WHERE (shard, id) > ($1, $2) ORDER BY shard, id LIMIT $3";
    let (key, now, now_s) = (key.as_bytes().as_slice(), records::big(at_ms), records::big(at_ms / 1_000));
    let mut good = 0;
    let mut after = None;
    loop {
        let (shard, id) = place(after.as_ref());
        let rows = readers.query(sql, &[&shard, &id, &records::limit(SCAN_SIZE), &key, &now, &now_s]).await?;
        for row in &rows {
            good += u64::from(row.try_get::<_, bool>(1)?);
        }
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => after = Some(records::token_id(last)?),
            _ => return Ok(good),
        }
    }
}

/// Returns what is wrong, each finding as a sentence.
pub(super) async fn check(readers: &Readers) -> Result<Vec<String>, Fault> {
    let mut findings = Vec::new();
    let [mut ownerless, mut keyless, mut damaged] = [0_u64; 3];
    let sql = "SELECT shard, id, EXISTS (SELECT 1 FROM users WHERE users.id = owner),
                      sealed IS NOT NULL OR EXISTS (SELECT 1 FROM root_keys WHERE root_keys.id = key)
               FROM tokens WHERE (shard, id) > ($1, $2) ORDER BY shard, id LIMIT $3";
    let mut after = (-1_i16, Vec::new());
    loop {
        let parameters: &Parameters<'_> = &[&after.0, &after.1, &records::limit(SCAN_SIZE)];
        for row in &readers.query(sql, parameters).await? {
            ownerless += u64::from(!row.try_get::<_, bool>(2)?);
            keyless += u64::from(!row.try_get::<_, bool>(3)?);
        }
        let rows = readers.query(tokens::DUMP, parameters).await?;
        damaged += rows.iter().filter(|row| TOKEN.of(*row).is_err()).count() as u64;
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => {
                let id: Vec<u8> = last.try_get(0)?;
                after = (id.last().map_or(0, |byte| i16::from(byte % super::schema::SHARDS)), id);
            }
            _ => break,
        }
    }
    let (damaged_users, unfolded) = check_users(readers).await?;
    findings.extend(user_names::unfolded(unfolded));
    for (count, what) in [
        (ownerless, "tokens belong to a user that does not exist"),
        (keyless, "tokens were made with a root key that does not exist"),
        (damaged, "tokens cannot be read"),
        (damaged_users, "users cannot be read"),
    ] {
        if count > 0 {
            findings.push(format!("{count} {what}"));
        }
    }
    let sql = "SELECT chain FROM heads WHERE audit_seq > 0
               AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.chain = heads.chain AND audit.seq = heads.audit_seq
                               AND audit.hash = heads.audit_hash)";
    for chain in readers.all(sql, &[], |row| Ok(row.chain(0)?)).await? {
        findings.push(format!("the chain {:?} does not end where its recorded end is", chain.as_str()));
    }
    // Between two pages changes may be purged that the second one follows. That does not happen twice.
    if !check_feed(readers).await?.is_empty() {
        findings.extend(check_feed(readers).await?);
    }
    Ok(findings)
}

/// Reads all changes. Nodes may go on writing them meanwhile.
async fn check_feed(readers: &Readers) -> Result<Vec<String>, Fault> {
    let sql = "SELECT chain, seq, hash, at_ms, kind, id FROM changes WHERE (chain, seq) > ($1, $2)
               ORDER BY chain, seq LIMIT $3";
    let ends = feed::end(readers).await?;
    let (mut check, mut damaged, mut after) = (FeedCheck::default(), 0_u64, (String::new(), -1_i64));
    loop {
        let rows = readers.query(sql, &[&after.0, &after.1, &records::limit(SCAN_SIZE)]).await?;
        for row in &rows {
            match CHANGE.of(row) {
                // What came after the ends were read has an end of its own.
                Ok(change) if change.seq <= ends.of(&change.chain).seq => check.see(&change),
                Ok(_) => {}
                Err(_) => damaged += 1,
            }
        }
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => after = (last.try_get(0)?, last.try_get(1)?),
            _ => break,
        }
    }
    // One that cannot be read is missing to those around it.
    Ok(if damaged > 0 { vec![format!("{damaged} changes cannot be read")] } else { check.findings(&ends) })
}

/// Reads each user as the program does. Says how many cannot be read, and how many names are not folded where they should be.
async fn check_users(readers: &Readers) -> Result<(u64, u64), Fault> {
    let is_marked = !readers.fetch(&statements::names::mark(user_names::MARK)).await?.is_empty();
    let (mut damaged, mut unfolded, mut after) = (0, 0, Vec::<u8>::new());
    loop {
        let rows = readers.query(statements::users::DUMP, &[&after, &records::limit(SCAN_SIZE)]).await?;
        for row in &rows {
            match USER.of(row) {
                Ok(user) => {
                    let is_folded = user_names::is_folded(user.name.as_ref(), row.try_get(12)?);
                    unfolded += u64::from(is_marked && !is_folded);
                }
                Err(_) => damaged += 1,
            }
        }
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => after = last.try_get(0)?,
            _ if is_marked => return Ok((damaged, unfolded + names::unfolded_former(readers).await?)),
            _ => return Ok((damaged, unfolded)),
        }
    }
}
