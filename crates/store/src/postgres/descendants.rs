//! Statements about tokens that other tokens have minted.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use super::session::Parameters;
use crate::records::{GENERATION, KIN};
use crate::sql::good_token;
use crate::transaction::Transaction as _;
use crate::{Descendants, Kin, Page, Which, columns, statements};
use zonemint_base::model::{Parent, Token, TokenId, UserId};

/// The columns that [`KIN`] reads; `$1` is a moment, `$2` the token before, `$3` how many.
macro_rules! tokens {
    ($where:literal) => {
        concat!(
            "SELECT id, owner, ",
            good_token!("$1"),
            " FROM tokens WHERE id > $2 AND ",
            $where,
            " ORDER BY id LIMIT $3"
        )
    };
}

/// Parents, column by column.
fn parents_as_columns(parents: &[Parent]) -> (Vec<&[u8]>, Vec<i64>) {
    let columns = parents.iter().map(|parent| {
        let (id, generation) = columns::parent(Some(parent));
        (id.unwrap_or_default(), records::big(generation))
    });
    columns.unzip()
}

/// Those of one parent are read in the order of the index.
pub(super) async fn minted_by(readers: &Readers, parents: &[Parent], page: Page) -> Result<Vec<Kin>, Fault> {
    let (ids, generations) = parents_as_columns(parents);
    let (at_ms, limit) = (records::big(page.at_ms), records::limit(page.limit));
    let after = page.after.as_ref().map_or(&[][..], TokenId::as_bytes);
    if let ([id], [generation]) = (ids.as_slice(), generations.as_slice()) {
        let sql = tokens!("parent = $4 AND parent_generation = $5");
        return readers.all_of(sql, &[&at_ms, &after, &limit, id, generation], &KIN).await;
    }
    let sql = tokens!(
        "(parent, parent_generation) IN (SELECT id, generation FROM unnest($4::bytea[], $5::bigint[]) AS v(id, generation))"
    );
    readers.all_of(sql, &[&at_ms, &after, &limit, &ids, &generations], &KIN).await
}

pub(super) async fn among(readers: &Readers, owner: UserId, which: &Which, page: Page) -> Result<Vec<Kin>, Fault> {
    let (at_ms, limit, owner) = (records::big(page.at_ms), records::limit(page.limit), owner.as_bytes());
    let after = page.after.as_ref().map_or(&[][..], TokenId::as_bytes);
    match which {
        Which::All => readers.all_of(tokens!("owner = $4"), &[&at_ms, &after, &limit, &owner], &KIN).await,
        Which::IssuedBefore(ms) => {
            let ms = (*ms).min(TokenId::LATEST_MS);
            let (first, ms) = (TokenId::first_bytes(ms), records::big(ms));
            let sql = tokens!("owner = $4 AND CASE WHEN created_ms IS NULL THEN id < $5 ELSE created_ms < $6 END");
            readers.all_of(sql, &[&at_ms, &after, &limit, &owner, &first.as_slice(), &ms], &KIN).await
        }
        Which::Ids(ids) => {
            let ids: Vec<_> = ids.iter().map(TokenId::as_bytes).collect();
            let sql = tokens!("owner = $4 AND id = ANY ($5::bytea[])");
            readers.all_of(sql, &[&at_ms, &after, &limit, &owner, &ids], &KIN).await
        }
    }
}

pub(super) async fn temporary_minted_by(readers: &Readers, parents: &[Parent]) -> Result<Vec<Kin>, Fault> {
    let (ids, generations) = parents_as_columns(parents);
    let sql = "SELECT DISTINCT users.id, made.generation, made.generation = users.generation AND removed_ms IS NULL
               FROM temporary_parents AS made JOIN users ON users.id = made.owner
               WHERE (parent, parent_generation) IN
                   (SELECT id, generation FROM unnest($1::bytea[], $2::bigint[]) AS v(id, generation))";
    readers.all_of(sql, &[&ids, &generations], &GENERATION).await
}

pub(super) async fn revoke(batch: &Batch<'_>, kin: &[Kin], at_ms: u64) -> Result<Descendants, Fault> {
    let tokens: Vec<_> = kin.iter().filter_map(|kin| kin.what.token()).collect();
    let mut ended = Descendants::default();
    if !tokens.is_empty() {
        let sql = concat!(
            "UPDATE tokens SET revoked_ms = $1
             FROM (SELECT shard, id FROM tokens
                   WHERE (shard, id) IN (SELECT * FROM unnest($2::smallint[], $3::bytea[])) AND ",
            good_token!("$4"),
            " ORDER BY shard, id FOR UPDATE) AS found
             WHERE tokens.shard = found.shard AND tokens.id = found.id RETURNING tokens.id"
        );
        let (shards, ids): (Vec<_>, Vec<_>) = tokens.iter().map(|id| (records::shard(id), id.as_bytes())).unzip();
        let parameters: &Parameters<'_> = &[&records::big(Token::AT_ONCE), &shards, &ids, &records::big(at_ms)];
        for row in &batch.query(sql, parameters).await? {
            ended.revoked.push(records::token_id(row)?);
        }
    }
    let generation =
        |kin: &Kin| if let Parent::Generation(owner, number) = kin.what { Some((owner, number)) } else { None };
    let mut generations: Vec<_> = kin.iter().filter_map(generation).collect();
    generations.sort_unstable();
    for (owner, generation) in generations {
        if batch.change(&statements::end_generation(&owner, generation)).await? > 0 {
            ended.generations.push(owner);
        }
    }
    Ok(ended)
}
