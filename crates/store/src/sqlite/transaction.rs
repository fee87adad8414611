//! What a rule that both engines have asks of a transaction ([`crate::transaction`]).

use std::future::{Ready, ready};

use rusqlite::types::Type;
use rusqlite::{Connection, params};

use super::error::ReadError;
use super::execute::{execute, exists, fetch};
use crate::sql::{Query, Statement, delete_token};
use crate::transaction::Transaction;
use zonemint_base::model::{Token, TokenId};

type Done<T> = Ready<rusqlite::Result<T>>;

/// Nobody else writes meanwhile, so nothing is locked.
#[expect(refining_impl_trait, reason = "SQLite answers at once")]
impl Transaction for Connection {
    type Error = rusqlite::Error;

    fn change(&self, statement: &Statement<'_>) -> Done<u64> {
        ready(execute(self, statement))
    }

    fn exists(&self, statement: &Statement<'_>) -> Done<bool> {
        ready(exists(self, statement))
    }

    fn fetch<T: Send>(&self, query: &Query<'_, T>) -> Done<Vec<T>> {
        ready(fetch(self, query).map_err(|error| match error {
            ReadError::Engine(error) => error,
            ReadError::Corrupt(what) => rusqlite::Error::FromSqlConversionFailure(0, Type::Text, what.into()),
        }))
    }

    fn fetch_locked<T: Send>(&self, query: &Query<'_, T>) -> Done<Vec<T>> {
        self.fetch(query)
    }

    fn lock(&self) -> Done<()> {
        ready(Ok(()))
    }

    fn lock_shared(&self) -> Done<()> {
        ready(Ok(()))
    }

    fn revoke_token(&self, id: &TokenId) -> Done<u64> {
        let sql = "UPDATE tokens SET revoked_ms = ?2 WHERE id = ?1 AND coalesce(revoked_ms <> ?2, 1)";
        let keys = params![id.as_bytes(), Token::AT_ONCE];
        ready(self.prepare_cached(sql).and_then(|mut update| Ok(update.execute(keys)? as u64)))
    }

    fn delete_token(&self, id: &TokenId, at_ms: u64) -> Done<u64> {
        let sql = concat!("UPDATE tokens SET ", delete_token!("?2"), " WHERE id = ?1 AND deleted_ms IS NULL");
        let keys = params![id.as_bytes(), at_ms];
        ready(self.prepare_cached(sql).and_then(|mut update| Ok(update.execute(keys)? as u64)))
    }

    fn revoke_every_token(&self, at_ms: u64) -> Done<u64> {
        let good = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > ?1, 1)
                    AND coalesce(expires_s > ?1 / 1000, 1)
                    AND user NOT IN (SELECT id FROM users WHERE blocked = 1 OR removed_ms IS NOT NULL)";
        let sql = "UPDATE tokens SET revoked_ms = ?1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> ?1, 1)";
        let good = self.query_row(good, [at_ms], |row| row.get(0));
        ready(good.and_then(|good| self.execute(sql, [Token::AT_ONCE]).map(|_| good)))
    }

    fn is_revoked(&self, id: &TokenId) -> Done<bool> {
        let sql = "SELECT 1 FROM tokens WHERE id = ? AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
        ready(self.prepare_cached(sql).and_then(|mut found| found.exists([id.as_bytes()])))
    }
}
