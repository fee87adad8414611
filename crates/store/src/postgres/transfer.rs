//! Statements that read and write whole records, as they move from one store to another.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::session::Value;
use super::{keys, mint_run, records, tokens};
use crate::records::TOKEN_ROW;
use crate::row::Columns as _;
use crate::statements::{addresses, names, parents, users, uses};
use crate::transaction::{Transaction as _, change_all};
use crate::{AuditRow, Dump, Mark, Rows, TokenRow};
use zonemint_base::model::{TokenId, UserId};

pub(super) async fn dump(readers: &Readers, dump: Dump, limit: usize) -> Result<Rows, Fault> {
    Ok(match dump {
        Dump::Users(after) => Rows::Users(readers.fetch(&users::dump(after.as_ref(), limit)).await?),
        Dump::Tokens(after) => {
            let (shard, id) = keys::place(after.as_ref());
            Rows::Tokens(readers.all_of(tokens::DUMP, &[&shard, &id, &records::limit(limit)], &TOKEN_ROW).await?)
        }
        Dump::Uses(after) => Rows::Uses(readers.fetch(&uses::dump(after.as_ref(), limit)).await?),
        Dump::Addresses(after) => Rows::Addresses(readers.fetch(&addresses::dump(after.as_ref(), limit)).await?),
        Dump::Names(after) => Rows::Names(readers.fetch(&names::dump(after.as_ref(), limit)).await?),
        Dump::Parents(after) => Rows::Parents(readers.fetch(&parents::dump(after.as_ref(), limit)).await?),
    })
}

pub(super) async fn load(batch: &mut Batch<'_>, rows: &Rows, mark: &Mark) -> Result<(), Fault> {
    match rows {
        Rows::Tokens(rows) => {
            batch.execute(mint_run::LOAD, &mint_run::Columns::of_rows(rows).parameters()).await?;
            load_last_uses(batch, rows).await?;
        }
        Rows::Audit(rows) => load_audit(batch, rows).await?,
        others => change_all(batch, others.statements()).await.map(drop)?,
    }
    batch.change(&names::set_mark(mark)).await.map(drop)
}

/// Follows [`mint_run::LOAD`], which has no columns for it, because new tokens have no last use.
const LAST_USES: &str = "
    UPDATE tokens SET last_use_minute = v.minute, last_use_network = v.network, last_use_service = v.service
    FROM unnest($1::smallint[], $2::bytea[], $3::integer[], $4::text[], $5::text[]) AS v(shard, id, minute, network, service)
    WHERE tokens.shard = v.shard AND tokens.id = v.id AND last_use_minute IS NULL";

async fn load_last_uses(batch: &Batch<'_>, rows: &[TokenRow]) -> Result<(), Fault> {
    let (ids, last): (Vec<_>, Vec<_>) =
        rows.iter().filter_map(|row| Some((&row.token.id, row.token.last_use.as_ref()?))).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let shards: Vec<_> = ids.iter().copied().map(records::shard).collect();
    let ids: Vec<_> = ids.iter().copied().map(TokenId::as_bytes).collect();
    let minutes: Vec<_> = last.iter().map(|last| i32::try_from(last.minute).unwrap_or(i32::MAX)).collect();
    let networks: Vec<_> = last.iter().map(|last| last.network.as_deref()).collect();
    let services: Vec<_> = last.iter().map(|last| last.service.as_deref()).collect();
    batch.execute(LAST_USES, &[&shards, &ids, &minutes, &networks, &services]).await?;
    Ok(())
}

const AUDIT: &str = r#"INSERT INTO audit (chain, seq, at_ms, action, actor, "user", token, note, hash)
                       SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[],
                                            $7::bytea[], $8::text[], $9::bytea[])
                       ON CONFLICT (chain, seq) DO NOTHING"#;
const SAME_AUDIT: &str = "SELECT count(*) FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS v(chain, seq, hash)
                          JOIN audit USING (chain, seq) WHERE audit.hash = v.hash";

/// Moves the ends of the chains with them. Rows that are there already must be the same ones.
async fn load_audit(batch: &mut Batch<'_>, rows: &[AuditRow]) -> Result<(), Fault> {
    let head = "INSERT INTO heads (chain, audit_seq, audit_hash, change_seq) VALUES ($1, $2, $3, 0)
                ON CONFLICT (chain) DO UPDATE SET audit_seq = excluded.audit_seq, audit_hash = excluded.audit_hash
                WHERE heads.audit_seq < excluded.audit_seq";
    let column = |get: fn(&AuditRow) -> Option<&[u8]>| rows.iter().map(get).collect::<Vec<_>>();
    let numbers = |get: fn(&AuditRow) -> u64| rows.iter().map(|row| records::big(get(row))).collect::<Vec<_>>();
    let chains: Vec<_> = rows.iter().map(|row| row.chain.as_str()).collect();
    let (numbered, hashes) = (numbers(|row| row.seq), column(|row| Some(&row.hash)));
    let parameters: [&dyn Value; 9] = [
        &chains,
        &numbered,
        &numbers(|row| row.at_ms),
        &rows.iter().map(|row| row.action.name()).collect::<Vec<_>>(),
        &column(|row| row.actor.as_ref().map(UserId::as_bytes)),
        &column(|row| row.user.as_ref().map(UserId::as_bytes)),
        &column(|row| row.token.as_ref().map(TokenId::as_bytes)),
        &rows.iter().map(|row| row.note.as_deref()).collect::<Vec<_>>(),
        &hashes,
    ];
    if batch.execute(AUDIT, &parameters).await? < rows.len() as u64 {
        let found = batch.query(SAME_AUDIT, &[&chains, &numbered, &hashes]).await?;
        if found.first().map_or(Ok(0), |row| row.number(0))? < rows.len() as u64 {
            return Err(Fault::Corrupt("audit row: the store has another one of its number"));
        }
    }
    let mut last = std::collections::BTreeMap::new();
    for row in rows {
        last.insert(&row.chain, row);
        batch.extend_chain(row);
    }
    for row in last.into_values() {
        batch.execute(head, &[&row.chain.as_str(), &records::big(row.seq), &row.hash.as_slice()]).await?;
    }
    Ok(())
}
