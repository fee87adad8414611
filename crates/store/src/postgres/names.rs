//! Statements about names that accounts have no more, and about how names are compared.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::batch_size::SCAN_SIZE;
use crate::row::Columns as _;
use crate::statements::names::FORMER;
use crate::{Changed, FormerName, user_names};
use zonemint_base::model::{UserId, UserName};

/// Writes names as they are folded. A row of another name, which was written before, loses one of them.
pub(super) async fn fold(
    batch: &Batch<'_>,
    names: &[(UserId, UserName)],
    former: &[FormerName],
) -> Result<Changed, Fault> {
    let folded: Vec<_> = names.iter().map(|(_, name)| name.folded()).collect();
    let folded: Vec<_> = folded.iter().map(|name| name.as_str().as_bytes()).collect();
    let ids: Vec<_> = names.iter().map(|(id, _)| id.as_bytes()).collect();
    let names: Vec<_> = names.iter().map(|(_, name)| name.as_str().as_bytes()).collect();
    let sql = "SELECT users.id, users.name, users.folded FROM unnest($1::bytea[], $2::bytea[]) AS v(id, folded)
               JOIN users ON users.folded = v.folded AND users.id <> v.id FOR UPDATE OF users";
    let mut stale = Vec::<Vec<u8>>::new();
    for row in batch.query(sql, &[&ids, &folded]).await? {
        let own = name(&row, 1).ok();
        if own.is_some() && user_names::is_folded(own.as_ref(), row.try_get(2)?) {
            return Ok(Changed::NameTaken);
        }
        stale.push(row.try_get(0)?);
    }
    batch.execute("UPDATE users SET folded = NULL WHERE id = ANY ($1::bytea[])", &[&stale]).await?;
    let sql =
        "UPDATE users SET folded = v.folded FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS v(id, name, folded)
               WHERE users.id = v.id AND users.name = v.name AND users.folded IS DISTINCT FROM v.folded";
    batch.execute(sql, &[&ids, &names, &folded]).await?;
    fold_former(batch, former).await?;
    Ok(Changed::Done)
}

async fn fold_former(batch: &Batch<'_>, former: &[FormerName]) -> Result<(), Fault> {
    let folded: Vec<_> = former.iter().map(|former| former.name.folded()).collect();
    let folded: Vec<_> = folded.iter().map(|name| name.as_str().as_bytes()).collect();
    let owners: Vec<_> = former.iter().map(|former| former.owner.as_bytes()).collect();
    let ends: Vec<_> = former.iter().map(|former| records::big(former.until_ms)).collect();
    let names: Vec<_> = former.iter().map(|former| former.name.as_str().as_bytes()).collect();
    let sql = "UPDATE former_names SET folded = v.folded
               FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[]) AS v(owner, until_ms, name, folded)
               WHERE former_names.owner = v.owner AND former_names.until_ms = v.until_ms AND former_names.name = v.name
                   AND former_names.folded IS DISTINCT FROM v.folded";
    batch.execute(sql, &[&owners, &ends, &names, &folded]).await?;
    Ok(())
}

/// How many former names are not folded as this program folds them. Those that cannot be read are not counted.
pub(super) async fn unfolded_former(readers: &Readers) -> Result<u64, Fault> {
    let sql = "SELECT owner, until_ms, name, folded FROM former_names WHERE (owner, until_ms, name) > ($1, $2, $3)
               ORDER BY owner, until_ms, name LIMIT $4";
    let (mut unfolded, mut after) = (0, (Vec::<u8>::new(), 0_i64, Vec::<u8>::new()));
    loop {
        let rows = readers.query(sql, &[&after.0, &after.1, &after.2, &records::limit(SCAN_SIZE)]).await?;
        for row in &rows {
            let folded = row.try_get(3)?;
            unfolded +=
                FORMER.of(row).map_or(0, |former| u64::from(!user_names::is_folded(Some(&former.name), folded)));
        }
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => after = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?),
            _ => return Ok(unfolded),
        }
    }
}

fn name(row: &Row, at: usize) -> Result<UserName, Fault> {
    row.name(at)?.and_then(|name| UserName::parse(name).ok()).ok_or(Fault::Corrupt("user name"))
}
