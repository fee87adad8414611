//! Statements about how often tokens were used.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::{DayOfUses, UsesRow};
use zonemint_base::model::UserId;

/// The rows of one chain, in the order of their keys: another node locks none of them, but for an account that it removes.
pub(super) async fn add(batch: &Batch<'_>, uses: &[DayOfUses]) -> Result<(), Fault> {
    let sql = "INSERT INTO uses (owner, day, chain, count)
               SELECT v.owner, v.day, $1, v.count
               FROM unnest($2::bytea[], $3::integer[], $4::bigint[]) AS v(owner, day, count)
               WHERE EXISTS (SELECT 1 FROM users WHERE users.id = v.owner AND removed_ms IS NULL)
               ORDER BY v.owner, v.day
               ON CONFLICT (owner, day, chain) DO UPDATE SET count = uses.count + excluded.count";
    // One statement changes no row twice.
    let mut sums = BTreeMap::<(UserId, u32), u64>::new();
    for DayOfUses { owner, day, count } in uses {
        *sums.entry((*owner, *day)).or_default() += count;
    }
    let owners: Vec<_> = sums.keys().map(|(owner, _)| owner.as_bytes()).collect();
    let days: Vec<_> = sums.keys().map(|(_, day)| in_column(*day)).collect();
    let counts: Vec<_> = sums.values().map(|count| records::big(*count)).collect();
    batch.execute(sql, &[&batch.chain().as_str(), &owners, &days, &counts]).await?;
    Ok(())
}

pub(super) async fn of(readers: &Readers, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, Fault> {
    let sql = "SELECT day, sum(count)::bigint FROM uses WHERE owner = $1 AND day >= $2 GROUP BY day ORDER BY day";
    let rows = readers.query(sql, &[&owner.as_bytes(), &in_column(from_day)]).await?;
    rows.iter().map(|row| Ok(DayOfUses { owner, day: day(row, 0)?, count: records::number(row, 1)? })).collect()
}

pub(super) async fn purge(batch: &Batch<'_>, before_day: u32, limit: usize) -> Result<usize, Fault> {
    let sql = "DELETE FROM uses WHERE (owner, day, chain) IN
               (SELECT owner, day, chain FROM uses WHERE day < $1 ORDER BY day, owner, chain LIMIT $2)";
    let removed = batch.execute(sql, &[&in_column(before_day), &records::limit(limit)]).await?;
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}

pub(super) async fn forget(batch: &Batch<'_>, owner: UserId) -> Result<(), Fault> {
    batch.execute("DELETE FROM uses WHERE owner = $1", &[&owner.as_bytes()]).await?;
    Ok(())
}

pub(super) async fn dump(readers: &Readers, after: Option<&UsesRow>, limit: usize) -> Result<Vec<UsesRow>, Fault> {
    let sql = "SELECT owner, day, chain, count FROM uses WHERE (owner, day, chain) > ($1, $2, $3)
               ORDER BY owner, day, chain LIMIT $4";
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes());
    let (day_after, chain) = after.map_or((0, ""), |after| (in_column(after.day), after.chain.as_str()));
    readers
        .all(sql, &[&owner, &day_after, &chain, &records::limit(limit)], |row| {
            Ok(UsesRow {
                owner: records::user_id(row, 0)?,
                day: day(row, 1)?,
                chain: records::chain(row, 2)?,
                count: records::number(row, 3)?,
            })
        })
        .await
}

/// Writes a whole row, unless it is there.
pub(super) async fn load(batch: &Batch<'_>, row: &UsesRow) -> Result<(), Fault> {
    let sql = "INSERT INTO uses (owner, day, chain, count) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let owner = row.owner.as_bytes();
    batch.execute(sql, &[&owner, &in_column(row.day), &row.chain.as_str(), &records::big(row.count)]).await?;
    Ok(())
}

fn in_column(day: u32) -> i32 {
    i32::try_from(day).unwrap_or(i32::MAX)
}

fn day(row: &Row, column: usize) -> Result<u32, Fault> {
    u32::try_from(row.try_get::<_, i32>(column)?).map_err(|_| Fault::Corrupt("day"))
}
