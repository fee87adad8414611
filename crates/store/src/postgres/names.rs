//! Statements about names that accounts have no more, and about how names are compared.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::{marks, records, schema};
use crate::batch_size::SCAN_SIZE;
use crate::command::Outcome;
use crate::{Changed, FormerName, user_names};
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

/// Writes a row, unless it is there.
pub(super) async fn keep(batch: &Batch<'_>, former: &FormerName) -> Result<(), Fault> {
    let sql = "INSERT INTO former_names (owner, until_ms, name, folded) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let FormerName { owner, until_ms, name } = former;
    let (owner, folded) = (owner.as_bytes(), name.folded());
    let (name, folded) = (name.as_str().as_bytes(), folded.as_str().as_bytes());
    batch.execute(sql, &[&owner, &records::big(*until_ms), &name, &folded]).await?;
    Ok(())
}

/// A name as it is folded, if names are compared so. That stays as it is until the transaction ends.
pub(super) async fn folded(batch: &Batch<'_>, name: Option<&UserName>) -> Result<Option<FoldedName>, Fault> {
    let Some(name) = name else { return Ok(None) };
    // Two statements: one that has waited for the lock would not see what whoever held it has written elsewhere.
    batch.query(schema::SHARED_LOCK, &[]).await?;
    let marked = batch.query("SELECT 1 FROM marks WHERE name = $1", &[&user_names::MARK]).await?;
    Ok((!marked.is_empty()).then(|| name.folded()))
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
        let own = row.try_get::<_, Option<&[u8]>>(1)?.and_then(|_| name(&row, 1).ok());
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
            unfolded += read(row).map_or(0, |former| u64::from(!user_names::is_folded(Some(&former.name), folded)));
        }
        match rows.last() {
            Some(last) if rows.len() == SCAN_SIZE => after = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?),
            _ => return Ok(unfolded),
        }
    }
}

/// Marks the store. Whoever writes a name has done so before, or sees the mark.
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
    Ok(Outcome::IgnoresCase { is_new: marks::set_mark(batch, &user_names::mark()).await? })
}

/// What cannot be read is left to the check of the store.
fn former_of(rows: &[Row]) -> Vec<FormerName> {
    rows.iter().filter_map(|row| read(row).ok()).collect()
}

/// Whether another account had this name, or one that differs in case only: the store may be marked later.
pub(super) async fn is_former_of_another(batch: &Batch<'_>, name: &UserName, owner: UserId) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM former_names WHERE (name = $1 OR folded = $2) AND owner <> $3 LIMIT 1";
    let (name, folded) = (name.as_str().as_bytes(), name.folded());
    let folded = folded.as_str().as_bytes();
    Ok(!batch.query(sql, &[&name, &folded, &owner.as_bytes()]).await?.is_empty())
}

/// Those of an account, the one that it had first in front.
pub(super) async fn of(readers: &Readers, owner: UserId) -> Result<Vec<FormerName>, Fault> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE owner = $1 ORDER BY until_ms, name";
    readers.all(sql, &[&owner.as_bytes()], read).await
}

pub(super) async fn dump(
    readers: &Readers,
    after: Option<&FormerName>,
    limit: usize,
) -> Result<Vec<FormerName>, Fault> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE (owner, until_ms, name) > ($1, $2, $3)
               ORDER BY owner, until_ms, name LIMIT $4";
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes());
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
