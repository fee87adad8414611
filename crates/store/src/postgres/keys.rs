//! Statements about root keys and sealed secrets. What is decided about the keyring as a whole takes the lock of all nodes.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::{records, schema};
use crate::command::Outcome;
use crate::records::SECRET;
use crate::row::Columns as _;
use crate::{Resealed, SealedKey, SealedSecret, statements};
use zonemint_base::model::{KeyId, TokenId};

/// Takes the lock of all nodes, so that two never give the same number, and numbers what nodes of the version before have added.
/// Returns the next number.
async fn next_number(batch: &Batch<'_>) -> Result<u64, Fault> {
    batch.query(schema::LOCK, &[]).await?;
    batch.execute(statements::keys::NUMBER_KEYS, &[]).await?;
    let rows = batch.query(statements::keys::NEXT_NUMBER, &[]).await?;
    Ok(rows.first().map_or(Ok(1), |row| row.number(0))?)
}

/// Says whether it is the first one.
pub(super) async fn insert_first(batch: &Batch<'_>, key: &SealedKey) -> Result<bool, Fault> {
    batch.query(schema::LOCK, &[]).await?;
    let is_first = batch.query(statements::keys::ANY, &[]).await?.is_empty();
    if is_first {
        add(batch, key).await?;
    }
    Ok(is_first)
}

pub(super) async fn add(batch: &Batch<'_>, key: &SealedKey) -> Result<(), Fault> {
    let number = next_number(batch).await?;
    batch.change(&statements::keys::add(key, number)).await.map(drop)
}

pub(super) async fn put_last(batch: &Batch<'_>, id: KeyId) -> Result<Outcome, Fault> {
    let number = next_number(batch).await?;
    Ok(Outcome::of_rows(batch.change(&statements::keys::number(&id, number)).await?))
}

/// Two nodes that retire the last two keys at once would leave none without the lock.
pub(super) async fn retire(batch: &Batch<'_>, id: KeyId, at_ms: u64) -> Result<Outcome, Fault> {
    batch.query(schema::LOCK, &[]).await?;
    Ok(Outcome::of_rows(batch.change(&statements::keys::retire(&id, at_ms)).await?))
}

pub(super) async fn secrets_not_under(
    readers: &Readers,
    current: KeyId,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<SealedSecret>, Fault> {
    let sql = "SELECT id, key, sealed FROM tokens
               WHERE sealed IS NOT NULL AND deleted_ms IS NULL AND key <> $1 AND (shard, id) > ($2, $3)
               ORDER BY shard, id LIMIT $4";
    let (shard, id) = place(after.as_ref());
    readers.all_of(sql, &[&current.as_bytes().as_slice(), &shard, &id, &records::limit(limit)], &SECRET).await
}

/// Where a token stands in the order of the table; before all for none.
pub(super) fn place(after: Option<&TokenId>) -> (i16, &[u8]) {
    after.map_or((-1, &[]), |id| (records::shard(id), id.as_bytes()))
}

pub(super) async fn reseal_secrets(batch: &Batch<'_>, secrets: &[Resealed<SealedSecret>]) -> Result<u64, Fault> {
    let sql = "UPDATE tokens SET key = v.sealed_by, sealed = v.sealed
               FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
               AS v(shard, id, was, sealed_by, sealed)
               WHERE tokens.shard = v.shard AND tokens.id = v.id AND tokens.key = v.was AND tokens.sealed IS NOT NULL";
    let shards: Vec<_> = secrets.iter().map(|secret| records::shard(&secret.to.token)).collect();
    let column = |get: fn(&Resealed<SealedSecret>) -> &[u8]| secrets.iter().map(get).collect::<Vec<_>>();
    batch
        .execute(
            sql,
            &[
                &shards,
                &column(|secret| secret.to.token.as_bytes()),
                &column(|secret| secret.from.as_bytes()),
                &column(|secret| secret.to.sealed_by.as_bytes()),
                &column(|secret| &secret.to.sealed),
            ],
        )
        .await
}
