//! Statements about sealed secrets.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::records::SECRET;
use crate::{Resealed, SealedSecret};
use zonemint_base::model::{KeyId, TokenId};

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
