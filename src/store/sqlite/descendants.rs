//! Statements about tokens that other tokens have minted.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::readers::ReadError;
use super::records;
use super::writer::Batch;
use crate::model::{Token, TokenId, UserId};
use crate::store::{Ancestors, AuditAction, AuditEntry, Descendants, Doomed, ParentRow, Topic, Which, columns};

/// Walks from the roots to all that they minted, and that those minted, whatever has become of what lies between. A row is
/// there once, so that temporary tokens, which can mint what made others of them, lead into no circle.
const LINE: &str = "
    UNION
    SELECT tokens.id, 0 FROM line JOIN tokens
    ON tokens.parent = line.id AND tokens.parent_generation = line.generation
    UNION
    SELECT made.owner, made.generation FROM line JOIN temporary_parents AS made
    ON made.parent = line.id AND made.parent_generation = line.generation)";

pub(super) fn revoke(batch: &mut Batch<'_>, doomed: &Doomed, at_ms: u64) -> rusqlite::Result<Descendants> {
    let Doomed { of, except, limit, by } = doomed;
    let (roots, values) = roots(of);
    let line = format!("WITH RECURSIVE line(id, generation) AS ({roots}{LINE}");
    let sql = format!(
        "{line} SELECT tokens.id, tokens.user FROM line JOIN tokens ON tokens.id = line.id AND line.generation = 0
         WHERE deleted_ms IS NULL AND (revoked_ms IS NULL OR revoked_ms > ?) AND tokens.id IS NOT ? LIMIT ?"
    );
    let at = Value::from(i64::try_from(at_ms).unwrap_or(i64::MAX));
    let spared = except.map_or(Value::Null, |id| Value::from(id.as_bytes().to_vec()));
    let limit = Value::from(i64::try_from(*limit).unwrap_or(i64::MAX));
    let parameters = values.iter().cloned().chain([at, spared, limit]);
    let tokens = all(batch.connection(), &sql, parameters, |row| {
        let id = records::token_id(row.get_ref(0)?.as_blob()?).map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok((id, UserId::from_bytes(row.get(1)?)))
    })?;
    let sql = format!(
        "{line} SELECT DISTINCT users.id FROM line JOIN users
         ON users.id = line.id AND users.generation = line.generation AND line.generation > 0 AND removed_ms IS NULL"
    );
    let generations = all(batch.connection(), &sql, values.into_iter(), |row| Ok(UserId::from_bytes(row.get(0)?)))?;
    for (id, owner) in &tokens {
        let sql = "UPDATE tokens SET revoked_ms = ? WHERE id = ?";
        batch.connection().prepare_cached(sql)?.execute(params![Token::AT_ONCE, id.as_bytes()])?;
        batch.announce(Topic::Token(*id), at_ms)?;
        batch.append(AuditEntry::descendant(AuditAction::TokenRevoke, *by, of, *owner, Some(*id)), at_ms)?;
    }
    for owner in &generations {
        let sql = "UPDATE users SET generation = generation + 1, version = version + 1 WHERE id = ?";
        batch.connection().prepare_cached(sql)?.execute([owner.as_bytes()])?;
        batch.announce(Topic::User(*owner), at_ms)?;
        batch.append(AuditEntry::descendant(AuditAction::UserGeneration, *by, of, *owner, None), at_ms)?;
    }
    Ok(Descendants { revoked: tokens.into_iter().map(|(id, _)| id).collect(), generations })
}

/// Where the walk begins: a query of identifiers and generations, and its parameters.
fn roots(of: &Ancestors) -> (String, Vec<Value>) {
    const OF_OWNER: &str = "SELECT id, 0 FROM tokens WHERE user = ?1";
    const ENDED: &str = "
        SELECT parent, parent_generation FROM tokens WHERE parent = ?1
        AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE id = ?1)
        UNION SELECT parent, parent_generation FROM temporary_parents WHERE parent = ?1
        AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE id = ?1)";
    let blob = |bytes: &[u8]| Value::from(bytes.to_vec());
    match of {
        Ancestors::One(parent) => {
            let (id, generation) = columns::parent(Some(parent));
            let generation = Value::from(i64::try_from(generation).unwrap_or(i64::MAX));
            ("SELECT ?, ?".to_owned(), vec![blob(id.unwrap_or_default()), generation])
        }
        Ancestors::Of(owner, Which::All) => {
            (format!("SELECT * FROM ({OF_OWNER} UNION {ENDED})"), vec![blob(owner.as_bytes())])
        }
        Ancestors::Temporary(owner) => (format!("SELECT * FROM ({ENDED})"), vec![blob(owner.as_bytes())]),
        Ancestors::Of(owner, Which::IssuedBefore(ms)) => {
            let sql = format!("{OF_OWNER} AND CASE WHEN created_ms IS NULL THEN id < ? ELSE created_ms < ? END");
            let ms = (*ms).min(TokenId::LATEST_MS);
            let moment = Value::from(i64::try_from(ms).unwrap_or(i64::MAX));
            (sql, vec![blob(owner.as_bytes()), blob(&TokenId::first_bytes(ms)), moment])
        }
        Ancestors::Of(owner, Which::Ids(ids)) => {
            let marks = vec!["?"; ids.len()].join(",");
            let values = std::iter::once(blob(owner.as_bytes())).chain(ids.iter().map(|id| blob(id.as_bytes())));
            (format!("{OF_OWNER} AND id IN ({marks})"), values.collect())
        }
    }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Iterator<Item = Value>,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map(params_from_iter(parameters), read)?.collect()
}

pub(super) fn dump(
    connection: &Connection,
    after: Option<&ParentRow>,
    limit: usize,
) -> Result<Vec<ParentRow>, ReadError> {
    let sql = "SELECT parent, parent_generation, owner, generation FROM temporary_parents
               WHERE (parent, parent_generation, owner, generation) > (?, ?, ?, ?)
               ORDER BY parent, parent_generation, owner, generation LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let (parent, parent_generation) = columns::parent(after.map(|row| &row.parent));
    let owner = after.map_or(&[][..], |row| row.owner.as_bytes().as_slice());
    let generation = after.map_or(0, |row| row.generation);
    let parameters = params![parent.unwrap_or_default(), parent_generation, owner, generation, limit];
    let rows = statement.query_map(parameters, |row| {
        let parent = columns::parent_from(Some(row.get_ref(0)?.as_blob()?), row.get(1)?).ok().flatten();
        Ok(parent.zip(row.get(2).ok().map(UserId::from_bytes)).zip(row.get(3).ok()))
    })?;
    rows.map(|row| {
        let ((parent, owner), generation) = row?.ok_or(ReadError::Corrupt("parent of temporary tokens"))?;
        Ok(ParentRow { parent, owner, generation })
    })
    .collect()
}

/// Writes a whole row, unless it is there.
pub(super) fn load(connection: &Connection, row: &ParentRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO temporary_parents (parent, parent_generation, owner, generation) VALUES (?,?,?,?)
               ON CONFLICT DO NOTHING";
    let (parent, parent_generation) = columns::parent(Some(&row.parent));
    let parameters = params![parent, parent_generation, row.owner.as_bytes(), row.generation];
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}
