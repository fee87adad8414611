//! Statements about names that accounts have no more.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::model::{UserId, UserName};
use crate::store::FormerName;

/// The name that an account loses when it gets another one, or none. The account stays as it is until the transaction ends.
pub(super) async fn lost_for(
    batch: &Batch<'_>,
    owner: UserId,
    to: Option<&UserName>,
) -> Result<Option<UserName>, Fault> {
    let sql = "SELECT name FROM users WHERE id = $1 AND removed_ms IS NULL AND name <> $2 FOR UPDATE";
    let to = to.map_or("", UserName::as_str).as_bytes();
    let rows = batch.query(sql, &[&owner.as_bytes().as_slice(), &to]).await?;
    rows.first().map(|row| name(row, 0)).transpose()
}

/// Writes a row, unless it is there.
pub(super) async fn keep(batch: &Batch<'_>, former: &FormerName) -> Result<(), Fault> {
    let sql = "INSERT INTO former_names (owner, until_ms, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let FormerName { owner, until_ms, name } = former;
    batch.execute(sql, &[&owner.as_bytes().as_slice(), &records::big(*until_ms), &name.as_str().as_bytes()]).await?;
    Ok(())
}

/// Whether another account had this name.
pub(super) async fn is_former_of_another(batch: &Batch<'_>, name: &UserName, owner: UserId) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM former_names WHERE name = $1 AND owner <> $2 LIMIT 1";
    Ok(!batch.query(sql, &[&name.as_str().as_bytes(), &owner.as_bytes().as_slice()]).await?.is_empty())
}

/// Those of an account, the one that it had first in front.
pub(super) async fn of(readers: &Readers, owner: UserId) -> Result<Vec<FormerName>, Fault> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE owner = $1 ORDER BY until_ms, name";
    readers.all(sql, &[&owner.as_bytes().as_slice()], read).await
}

pub(super) async fn dump(
    readers: &Readers,
    after: Option<&FormerName>,
    limit: usize,
) -> Result<Vec<FormerName>, Fault> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE (owner, until_ms, name) > ($1, $2, $3)
               ORDER BY owner, until_ms, name LIMIT $4";
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes().as_slice());
    let (until_ms, name) = after.map_or((0, &[][..]), |after| (after.until_ms, after.name.as_str().as_bytes()));
    readers.all(sql, &[&owner, &records::big(until_ms), &name, &records::limit(limit)], read).await
}

fn read(row: &Row) -> Result<FormerName, Fault> {
    Ok(FormerName { owner: records::user_id(row, 0)?, until_ms: records::number(row, 1)?, name: name(row, 2)? })
}

fn name(row: &Row, at: usize) -> Result<UserName, Fault> {
    let text = std::str::from_utf8(row.try_get(at)?).map_err(|_| Fault::Corrupt("user name"))?;
    UserName::parse(text).map_err(|_| Fault::Corrupt("user name"))
}
