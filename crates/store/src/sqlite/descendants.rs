//! Statements about tokens that other tokens have minted.

use rusqlite::{Connection, params, params_from_iter};

use super::error::ReadError;
use super::execute::{all, execute};
use crate::records::{GENERATION, KIN};
use crate::sql::{Value, good_token};
use crate::{Descendants, Kin, Page, Which, columns, statements};
use zonemint_base::model::{Parent, Token, TokenId, UserId};

/// The columns that [`KIN`] reads, of a moment.
macro_rules! tokens {
    ($where:expr) => {
        format!(
            concat!("SELECT id, user, ", good_token!("?"), " FROM tokens WHERE {} AND id > ? ORDER BY id LIMIT ?"),
            $where
        )
    };
}

/// A condition on the columns `parent` and `parent_generation`, and its values. The index has parents only.
fn of_parents(parents: &[Parent]) -> (String, Vec<Value<'_>>) {
    let values = parents.iter().flat_map(|parent| {
        let (id, generation) = columns::parent(Some(parent));
        [Value::bytes(id.unwrap_or_default()), Value::number(generation)]
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
    let mut values = vec![Value::id(&owner)];
    let first;
    let condition = match which {
        Which::All => "user = ?".to_owned(),
        Which::IssuedBefore(ms) => {
            let ms = (*ms).min(TokenId::LATEST_MS);
            first = TokenId::first_bytes(ms);
            values.extend([Value::bytes(&first), Value::number(ms)]);
            "user = ? AND CASE WHEN created_ms IS NULL THEN id < ? ELSE created_ms < ? END".to_owned()
        }
        Which::Ids(ids) => {
            values.extend(ids.iter().map(|id| Value::bytes(id.as_bytes())));
            format!("user = ? AND id IN ({})", vec!["?"; ids.len()].join(","))
        }
    };
    read(connection, &condition, values, page)
}

fn read(connection: &Connection, condition: &str, values: Vec<Value<'_>>, page: Page) -> Result<Vec<Kin>, ReadError> {
    let Page { after, limit, at_ms } = page;
    let after = Value::bytes(after.as_ref().map_or(&[][..], TokenId::as_bytes));
    let parameters = [Value::number(at_ms)].into_iter().chain(values).chain([after, Value::limit(limit)]);
    all(connection, &tokens!(condition), params_from_iter(parameters), &KIN)
}

pub(super) fn temporary_minted_by(connection: &Connection, parents: &[Parent]) -> Result<Vec<Kin>, ReadError> {
    let (condition, values) = of_parents(parents);
    let sql = format!(
        "SELECT DISTINCT users.id, made.generation, made.generation = users.generation AND removed_ms IS NULL
         FROM temporary_parents AS made JOIN users ON users.id = made.owner WHERE {condition}"
    );
    all(connection, &sql, params_from_iter(values), &GENERATION)
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
