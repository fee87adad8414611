//! What is noted of how often tokens were used.

use std::collections::BTreeMap;

use super::batch::Batch;
use super::fault::Fault;
use super::records;
use crate::DayOfUses;
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
    let days: Vec<_> = sums.keys().map(|(_, day)| i32::try_from(*day).unwrap_or(i32::MAX)).collect();
    let counts: Vec<_> = sums.values().map(|count| records::big(*count)).collect();
    batch.execute(sql, &[&batch.chain().as_str(), &owners, &days, &counts]).await?;
    Ok(())
}
