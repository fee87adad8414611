//! Statements about names that accounts have no more, and about how names are compared.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::{records, schema};
use crate::batch_size::SCAN_SIZE;
use crate::command::Outcome;
use crate::row::Columns as _;
use crate::statements::names::FORMER;
use crate::{Changed, FormerName, statements, user_names};
use zonemint_base::model::{FoldedName, UserId, UserName};

/// The name that an account loses when it gets another one, or none. The account stays as it is until the transaction ends.
pub(super) async fn lost_for(
    batch: &Batch<'_>,
    owner: UserId,
    to: Option<&UserName>,
) -> Result<Option<UserName>, Fault> {
    let sql = "SELECT name FROM users WHERE id = $1 AND removed_ms IS NULL AND name <> $2 FOR UPDATE";
    let to = to.map_or("", UserName::as_str).as_bytes();
    let rows = batch.query(sql, &[&owner.as_bytes(), &to]).await?;
    rows.first().map(|row| name(row, 0)).transpose()
}

/// A name as it is folded, if names are compared so. That stays as it is until the transaction ends.
pub(super) async fn folded(batch: &Batch<'_>, name: Option<&UserName>) -> Result<Option<FoldedName>, Fault> {
    let Some(name) = name else { return Ok(None) };
    // Two statements: one that has waited for the lock would not see other rows that the holder of the lock has written.
    batch.query(schema::SHARED_LOCK, &[]).await?;
    let is_marked = batch.exists(&statements::names::mark(user_names::MARK).statement).await?;
    Ok(is_marked.then(|| name.folded()))
}

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

/// Marks the store. Each write of a name either came before or sees the mark.
pub(super) async fn ignore_case(batch: &Batch<'_>) -> Result<Outcome, Fault> {
    batch.query(schema::LOCK, &[]).await?;
    let left = i64::try_from(user_names::LEFT + 1).unwrap_or(i64::MAX);
    let sql = "SELECT id, 0::bigint, name FROM users WHERE name IS NOT NULL AND folded IS NULL LIMIT $1";
    let users = former_of(&batch.query(sql, &[&left]).await?);
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE folded IS NULL LIMIT $1";
    let former = former_of(&batch.query(sql, &[&left]).await?);
    if users.len() + former.len() > user_names::LEFT {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    for FormerName { owner, name, .. } in users {
        // Nobody loses anything here: of two that fold alike one is folded already, or both are among these.
        let (id, folded) = (owner.as_bytes(), name.folded());
        batch.execute("UPDATE users SET folded = $1 WHERE id = $2", &[&folded.as_str().as_bytes(), &id]).await?;
    }
    batch.execute(user_names::CLEAR_REMOVED, &[]).await?;
    fold_former(batch, &former).await?;
    let is_new = batch.change(&statements::names::set_mark(&user_names::mark())).await? > 0;
    Ok(Outcome::IgnoresCase { is_new })
}

/// What cannot be read is left to the check of the store.
fn former_of(rows: &[Row]) -> Vec<FormerName> {
    rows.iter().filter_map(|row| FORMER.of(row).ok()).collect()
}

fn name(row: &Row, at: usize) -> Result<UserName, Fault> {
    row.name(at)?.and_then(|name| UserName::parse(name).ok()).ok_or(Fault::Corrupt("user name"))
}
