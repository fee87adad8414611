//! Statements about tokens that other tokens have minted.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::error::ReadError;
use super::execute::execute;
use super::records;
use crate::statements::good_token;
use crate::{Descendants, Kin, Page, ParentRow, Which, columns, statements};
use zonemint_base::model::{Parent, Token, TokenId, UserId};

/// The columns that [`token`] reads, of a moment.
macro_rules! tokens {
    ($where:expr) => {
        format!(
            concat!("SELECT id, user, ", good_token!("?"), " FROM tokens WHERE {} AND id > ? ORDER BY id LIMIT ?"),
            $where
        )
    };
}

fn blob(bytes: &[u8]) -> Value {
    Value::from(bytes.to_vec())
}

fn big(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A condition on the columns `parent` and `parent_generation`, and its values. The index has parents only.
fn of_parents(parents: &[Parent]) -> (String, Vec<Value>) {
    let values = parents.iter().flat_map(|parent| {
        let (id, generation) = columns::parent(Some(parent));
        [blob(id.unwrap_or_default()), big(generation)]
    });
    let condition = if let [_] = parents {
        "parent = ? AND parent_generation = ?".to_owned()
    } else {
        let places = vec!["(?,?)"; parents.len()].join(",");
        format!("parent IS NOT NULL AND (parent, parent_generation) IN (VALUES {places})")
    };
    (condition, values.collect())
}

pub(super) fn minted_by(connection: &Connection, parents: &[Parent], page: Page) -> Result<Vec<Kin>, ReadError> {
    let (condition, values) = of_parents(parents);
    read(connection, &condition, values, page)
}

pub(super) fn among(connection: &Connection, owner: UserId, which: &Which, page: Page) -> Result<Vec<Kin>, ReadError> {
    let mut values = vec![blob(owner.as_bytes())];
    let condition = match which {
        Which::All => "user = ?".to_owned(),
        Which::IssuedBefore(ms) => {
            let ms = (*ms).min(TokenId::LATEST_MS);
            values.extend([blob(&TokenId::first_bytes(ms)), big(ms)]);
            "user = ? AND CASE WHEN created_ms IS NULL THEN id < ? ELSE created_ms < ? END".to_owned()
        }
        Which::Ids(ids) => {
            values.extend(ids.iter().map(|id| blob(id.as_bytes())));
            format!("user = ? AND id IN ({})", vec!["?"; ids.len()].join(","))
        }
    };
    read(connection, &condition, values, page)
}

fn read(connection: &Connection, condition: &str, values: Vec<Value>, page: Page) -> Result<Vec<Kin>, ReadError> {
    let mut statement = connection.prepare_cached(&tokens!(condition))?;
    let Page { after, limit, at_ms } = page;
    let after = blob(after.as_ref().map_or(&[][..], TokenId::as_bytes));
    let parameters = [big(at_ms)].into_iter().chain(values).chain([after, big(limit as u64)]);
    let rows = statement.query_map(params_from_iter(parameters), |row| Ok(token(row)))?;
    rows.map(|row| row?).collect()
}

fn token(row: &Row<'_>) -> Result<Kin, ReadError> {
    let id = row.get_ref(0)?.as_blob().ok().and_then(|id| records::token_id(id).ok());
    let id = id.ok_or(ReadError::Corrupt("token"))?;
    Ok(Kin { what: Parent::Token(id), owner: records::user_id(row, 1)?, is_good: row.get(2)? })
}

pub(super) fn temporary_minted_by(connection: &Connection, parents: &[Parent]) -> Result<Vec<Kin>, ReadError> {
    let (condition, values) = of_parents(parents);
    let sql = format!(
        "SELECT DISTINCT users.id, made.generation, made.generation = users.generation AND removed_ms IS NULL
         FROM temporary_parents AS made JOIN users ON users.id = made.owner WHERE {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), generation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn ended(connection: &Connection, owner: UserId) -> Result<Vec<Kin>, ReadError> {
    let sql = "SELECT parent, parent_generation, 0 FROM tokens WHERE parent = ?1 AND parent_generation > 0
               AND parent_generation < (SELECT generation FROM users WHERE id = ?1)
               UNION SELECT parent, parent_generation, 0 FROM temporary_parents WHERE parent = ?1
               AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE id = ?1)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([owner.as_bytes()], generation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn generation(row: &Row<'_>) -> rusqlite::Result<Kin> {
    let owner = records::user_id(row, 0)?;
    Ok(Kin { what: Parent::Generation(owner, row.get(1)?), owner, is_good: row.get(2)? })
}

pub(super) fn revoke(connection: &Connection, kin: &[Kin], at_ms: u64) -> rusqlite::Result<Descendants> {
    let mut ended = Descendants::default();
    for Kin { what, .. } in kin {
        match what {
            Parent::Token(id) => {
                let sql = concat!("UPDATE tokens SET revoked_ms = ?1 WHERE id = ?2 AND ", good_token!("?3"));
                if connection.prepare_cached(sql)?.execute(params![Token::AT_ONCE, id.as_bytes(), at_ms])? > 0 {
                    ended.revoked.push(*id);
                }
            }
            Parent::Generation(owner, generation) => {
                if execute(connection, &statements::end_generation(owner, *generation))? > 0 {
                    ended.generations.push(*owner);
                }
            }
        }
    }
    Ok(ended)
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
    let owner = after.map_or(&[][..], |row| row.owner.as_bytes());
    let generation = after.map_or(0, |row| row.generation);
    let parameters = params![parent.unwrap_or_default(), parent_generation, owner, generation, limit];
    let rows = statement.query_map(parameters, |row| {
        let parent = columns::parent_from(Some(row.get_ref(0)?.as_blob()?), row.get(1)?).ok().flatten();
        Ok(parent.zip(records::user_id(row, 2).ok()).zip(row.get(3).ok()))
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
