//! Root keys. What is decided about the keyring as a whole takes the lock of all nodes, where there are several.

use crate::records::KEY;
use crate::row::Kind;
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{Resealed, SealedKey};
use zonemint_base::model::KeyId;

static NUMBER: Kind<u64> = Kind::new("key", |row| row.number(0));

/// Numbers the root keys that have no number, in the order of time.
const NUMBER_KEYS: &str = "
    UPDATE root_keys SET number = v.number FROM (
        SELECT id, (SELECT coalesce(max(number), 0) FROM root_keys)
                   + row_number() OVER (ORDER BY created_ms, id DESC) AS number
        FROM root_keys WHERE number IS NULL
    ) AS v WHERE root_keys.id = v.id";

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO root_keys (id, sealed_by, sealed, created_ms, retired_ms, number) VALUES ($1, $2, $3, $4, $5, $6)",
            $conflict
        )
    };
}

pub(crate) fn number_keys() -> Statement<'static> {
    statement(NUMBER_KEYS, [])
}

pub(crate) fn next_number() -> Query<'static, u64> {
    query(&NUMBER, "SELECT coalesce(max(number), 0) + 1 FROM root_keys", [])
}

pub(crate) fn any() -> Statement<'static> {
    statement("SELECT 1 FROM root_keys LIMIT 1", [])
}

pub(crate) fn all() -> Query<'static, SealedKey> {
    let sql = "SELECT id, sealed_by, sealed, created_ms, retired_ms, number FROM root_keys
               ORDER BY number DESC NULLS FIRST, created_ms DESC, id";
    query(&KEY, sql, [])
}

pub(crate) fn add(key: &SealedKey, number: u64) -> Statement<'_> {
    statement(insert!(""), values(key, Some(number)))
}

/// Writes a key, unless it is there.
pub(super) fn load(key: &SealedKey) -> Statement<'_> {
    statement(insert!(" ON CONFLICT (id) DO NOTHING"), values(key, key.number))
}

fn values(key: &SealedKey, number: Option<u64>) -> [Value<'_>; 6] {
    [
        Value::bytes(key.id.as_bytes()),
        Value::bytes(key.sealed_by.as_bytes()),
        Value::bytes(&key.sealed),
        Value::number(key.created_ms),
        Value::number_or_null(key.retired_ms),
        Value::number_or_null(number),
    ]
}

/// Gives a key a number in the order of keys, unless it is retired.
pub(crate) fn number(id: &KeyId, number: u64) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET number = $1 WHERE id = $2 AND retired_ms IS NULL",
        [Value::number(number), Value::bytes(id.as_bytes())],
    )
}

/// Retires a key, unless it is the only one that is not retired.
pub(crate) fn retire(id: &KeyId, at_ms: u64) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET retired_ms = $1, sealed = $2 WHERE id = $3 AND retired_ms IS NULL
         AND EXISTS (SELECT 1 FROM root_keys WHERE id <> $3 AND retired_ms IS NULL)",
        [Value::number(at_ms), Value::bytes(&[]), Value::bytes(id.as_bytes())],
    )
}

/// Reseals a root key, if it is still sealed as expected.
pub(crate) fn reseal(Resealed { from, to }: &Resealed<SealedKey>) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET sealed_by = $1, sealed = $2 WHERE id = $3 AND sealed_by = $4 AND retired_ms IS NULL",
        [
            Value::bytes(to.sealed_by.as_bytes()),
            Value::bytes(&to.sealed),
            Value::bytes(to.id.as_bytes()),
            Value::bytes(from.as_bytes()),
        ],
    )
}
