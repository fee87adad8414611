//! Statements about tokens that other tokens have minted.

use tokio_postgres::types::ToSql;

use super::batch::{Batch, Parameters};
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::model::{Parent, Token, TokenId};
use crate::store::{
    Ancestors, AuditAction, AuditEntry, Descendants, Doomed, ParentRow, Topic, UserChange, Which, columns,
};

/// Walks from the roots to all that they minted, and that those minted, whatever has become of what lies between. A row is
/// there once, so that temporary tokens, which can mint what made others of them, lead into no circle. They have no place in
/// the table of tokens.
const LINE: &str = "
    UNION
    SELECT child.shard, child.id, child.generation FROM line JOIN LATERAL (
        SELECT tokens.shard, tokens.id, 0::bigint AS generation FROM tokens
        WHERE tokens.parent = line.id AND tokens.parent_generation = line.generation
        UNION ALL
        SELECT (-1)::smallint, made.owner, made.generation FROM temporary_parents AS made
        WHERE made.parent = line.id AND made.parent_generation = line.generation
    ) AS child ON true)";

type Parameter = Box<dyn ToSql + Sync + Send>;

pub(super) async fn revoke(batch: &mut Batch<'_>, doomed: &Doomed, at_ms: u64) -> Result<Descendants, Fault> {
    let Doomed { of, except, limit, by } = doomed;
    let (roots, mut values) = roots(of);
    let line = format!("WITH RECURSIVE line(shard, id, generation) AS ({roots}{LINE}");
    let sql = format!(
        "{line} SELECT users.id FROM users WHERE removed_ms IS NULL AND EXISTS (
             SELECT 1 FROM line WHERE line.id = users.id AND line.generation = users.generation AND line.generation > 0)
         ORDER BY users.id"
    );
    let rows = batch.query(&sql, &borrowed(&values)).await?;
    let generations = rows.iter().map(|row| records::user_id(row, 0)).collect::<Result<Vec<_>, _>>()?;
    let first = values.len() + 1;
    let sql = format!(
        "{line} UPDATE tokens SET revoked_ms = ${first}
         FROM (SELECT tokens.shard, tokens.id FROM tokens JOIN line ON line.shard = tokens.shard AND line.id = tokens.id
               WHERE line.generation = 0 AND deleted_ms IS NULL AND (revoked_ms IS NULL OR revoked_ms > ${})
               AND tokens.id IS DISTINCT FROM ${} ORDER BY tokens.shard, tokens.id LIMIT ${} FOR UPDATE OF tokens) AS found
         WHERE tokens.shard = found.shard AND tokens.id = found.id RETURNING tokens.id, tokens.owner",
        first + 1,
        first + 2,
        first + 3
    );
    values.push(Box::new(records::big(Token::AT_ONCE)));
    values.push(Box::new(records::big(at_ms)));
    values.push(Box::new(except.map(|id| id.as_bytes().to_vec())));
    values.push(Box::new(records::limit(*limit)));
    let rows = batch.query(&sql, &borrowed(&values)).await?;
    let mut revoked = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, owner) = (records::token_id(row, 0)?, records::user_id(row, 1)?);
        batch.announce(Topic::Token(id), at_ms);
        batch.append(AuditEntry::descendant(AuditAction::TokenRevoke, *by, of, owner, Some(id)), at_ms);
        revoked.push(id);
    }
    for owner in &generations {
        if super::users::update(batch, *owner, &UserChange::Generation, at_ms).await? > 0 {
            batch.announce(Topic::User(*owner), at_ms);
            batch.append(AuditEntry::descendant(AuditAction::UserGeneration, *by, of, *owner, None), at_ms);
        }
    }
    Ok(Descendants { revoked, generations })
}

fn borrowed(values: &[Parameter]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
}

/// Where the walk begins: a query of places, identifiers and generations, and its parameters.
fn roots(of: &Ancestors) -> (String, Vec<Parameter>) {
    const OF_OWNER: &str = "SELECT shard, id, 0::bigint FROM tokens WHERE owner = $1";
    const ENDED: &str = "
        SELECT (-1)::smallint, parent, parent_generation FROM tokens WHERE parent = $1
        AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE users.id = $1)
        UNION SELECT (-1)::smallint, parent, parent_generation FROM temporary_parents WHERE parent = $1
        AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE users.id = $1)";
    match of {
        Ancestors::One(parent) => {
            let (id, generation) = columns::parent(Some(parent));
            let shard = if let Parent::Token(id) = parent { records::shard(id) } else { -1 };
            let sql = "SELECT $1::smallint, $2::bytea, $3::bigint".to_owned();
            let id = id.unwrap_or_default().to_vec();
            (sql, vec![Box::new(shard), Box::new(id), Box::new(records::big(generation))])
        }
        // A union of roots stands in a query of its own: the walk's union is the last one.
        Ancestors::Of(owner, Which::All) => {
            (format!("SELECT * FROM ({OF_OWNER} UNION {ENDED}) AS roots"), vec![Box::new(owner.as_bytes().to_vec())])
        }
        Ancestors::Temporary(owner) => {
            (format!("SELECT * FROM ({ENDED}) AS roots"), vec![Box::new(owner.as_bytes().to_vec())])
        }
        Ancestors::Of(owner, Which::IssuedBefore(ms)) => {
            let sql = format!("{OF_OWNER} AND CASE WHEN created_ms IS NULL THEN id < $2 ELSE created_ms < $3 END");
            let ms = (*ms).min(TokenId::LATEST_MS);
            let first = TokenId::first_bytes(ms).to_vec();
            (sql, vec![Box::new(owner.as_bytes().to_vec()), Box::new(first), Box::new(records::big(ms))])
        }
        Ancestors::Of(owner, Which::Ids(ids)) => {
            let ids: Vec<_> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            let sql = format!("{OF_OWNER} AND id = ANY ($2::bytea[])");
            (sql, vec![Box::new(owner.as_bytes().to_vec()), Box::new(ids)])
        }
    }
}

pub(super) async fn dump(readers: &Readers, after: Option<&ParentRow>, limit: usize) -> Result<Vec<ParentRow>, Fault> {
    let sql = "SELECT parent, parent_generation, owner, generation FROM temporary_parents
               WHERE (parent, parent_generation, owner, generation) > ($1, $2, $3, $4)
               ORDER BY parent, parent_generation, owner, generation LIMIT $5";
    let (parent, parent_generation) = columns::parent(after.map(|row| &row.parent));
    let owner = after.map_or(&[][..], |row| row.owner.as_bytes().as_slice());
    let generation = after.map_or(0, |row| row.generation);
    let parameters: &Parameters<'_> = &[
        &parent.unwrap_or_default(),
        &records::big(parent_generation),
        &owner,
        &records::big(generation),
        &records::limit(limit),
    ];
    readers
        .all(sql, parameters, |row| {
            let parent = columns::parent_from(Some(row.try_get(0)?), records::number(row, 1)?).ok().flatten();
            Ok(ParentRow {
                parent: parent.ok_or(Fault::Corrupt("parent of temporary tokens"))?,
                owner: records::user_id(row, 2)?,
                generation: records::number(row, 3)?,
            })
        })
        .await
}

/// Writes a whole row, unless it is there.
pub(super) async fn load(batch: &Batch<'_>, row: &ParentRow) -> Result<(), Fault> {
    let sql = "INSERT INTO temporary_parents (parent, parent_generation, owner, generation) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING";
    let (parent, parent_generation) = columns::parent(Some(&row.parent));
    let owner = row.owner.as_bytes().as_slice();
    let parameters: &Parameters<'_> =
        &[&parent, &records::big(parent_generation), &owner, &records::big(row.generation)];
    batch.execute(sql, parameters).await?;
    Ok(())
}
