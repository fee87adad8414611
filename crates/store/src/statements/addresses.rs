//! The addresses that accounts sign in from.

use crate::row::Kind;
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{AddressHash, SeenAddress};
use zonemint_base::model::UserId;

static ADDRESS: Kind<SeenAddress> = Kind::new("known address", |row| {
    Ok(SeenAddress { owner: row.user_id(0)?, address: row.hash(1)?, seen_ms: row.number(2)? })
});

pub(crate) fn of(owner: &UserId) -> Query<'_, SeenAddress> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE owner = $1";
    query(&ADDRESS, sql, [Value::id(owner)])
}

pub(crate) fn dump(after: Option<&SeenAddress>, limit: usize) -> Query<'_, SeenAddress> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE (owner, address) > ($1, $2)
               ORDER BY owner, address LIMIT $3";
    let (owner, address) = after.map_or((&[][..], &[][..]), |row| (row.owner.as_bytes(), row.address.as_slice()));
    query(&ADDRESS, sql, [Value::bytes(owner), Value::bytes(address), Value::limit(limit)])
}

/// Notes an address, and keeps the newest `most` of its account, none of one that is not there; two nodes at once may keep one more for
/// a while. `former` are other hashes of the same address.
pub(crate) fn note<'a>(
    seen: &'a SeenAddress,
    former: &'a [AddressHash],
    oldest_ms: u64,
    most: usize,
) -> impl Iterator<Item = Statement<'a>> {
    let forget = |hash: &'a AddressHash| {
        let sql = "DELETE FROM known_addresses WHERE owner = $1 AND address = $2";
        statement(sql, [Value::id(&seen.owner), Value::bytes(hash)])
    };
    let note = "INSERT INTO known_addresses (owner, address, seen_ms) VALUES ($1, $2, $3)
                ON CONFLICT (owner, address) DO UPDATE SET seen_ms = CASE
                    WHEN known_addresses.seen_ms > excluded.seen_ms THEN known_addresses.seen_ms ELSE excluded.seen_ms END";
    let keep = "DELETE FROM known_addresses WHERE owner = $1 AND (seen_ms <= $2
                    OR address NOT IN (SELECT address FROM known_addresses WHERE owner = $1 ORDER BY seen_ms DESC, address LIMIT $3)
                    OR NOT EXISTS (SELECT 1 FROM users WHERE id = $1 AND removed_ms IS NULL))";
    let keep = statement(keep, [Value::id(&seen.owner), Value::number(oldest_ms), Value::limit(most)]);
    former.iter().map(forget).chain([statement(note, values(seen)), keep])
}

/// Deletes up to `limit` of those that were last seen before. A round reads the whole table.
pub(crate) fn purge(before_ms: u64, limit: usize) -> Statement<'static> {
    let sql = "DELETE FROM known_addresses WHERE (owner, address) IN
               (SELECT owner, address FROM known_addresses WHERE seen_ms < $1 ORDER BY owner, address LIMIT $2)";
    statement(sql, [Value::number(before_ms), Value::limit(limit)])
}

pub(super) fn forget(owner: &UserId) -> Statement<'_> {
    statement("DELETE FROM known_addresses WHERE owner = $1", [Value::id(owner)])
}

/// Writes a whole row, unless it is there.
pub(super) fn load(row: &SeenAddress) -> Statement<'_> {
    let sql = "INSERT INTO known_addresses (owner, address, seen_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    statement(sql, values(row))
}

fn values(row: &SeenAddress) -> [Value<'_>; 3] {
    [Value::id(&row.owner), Value::bytes(&row.address), Value::number(row.seen_ms)]
}
