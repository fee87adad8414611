//! What a rule that both engines have asks of a transaction ([`crate::transaction`]).

use super::batch::Batch;
use super::fault::Fault;
use super::session::parameters;
use super::{records, schema};
use crate::row::Columns as _;
use crate::sql::{Query, Statement, delete_token};
use crate::transaction::Transaction;
use zonemint_base::model::{Token, TokenId};

impl Transaction for Batch<'_> {
    type Error = Fault;

    async fn change(&self, statement: &Statement<'_>) -> Result<u64, Fault> {
        self.execute(statement.sql, &parameters(statement)).await
    }

    async fn exists(&self, statement: &Statement<'_>) -> Result<bool, Fault> {
        Ok(!self.query(statement.sql, &parameters(statement)).await?.is_empty())
    }

    async fn fetch<T: Send>(&self, Query { statement, kind }: &Query<'_, T>) -> Result<Vec<T>, Fault> {
        self.query(statement.sql, &parameters(statement)).await?.iter().map(|row| Ok(kind.of(row)?)).collect()
    }

    async fn fetch_locked<T: Send>(&self, Query { statement, kind }: &Query<'_, T>) -> Result<Vec<T>, Fault> {
        let sql = format!("{} FOR UPDATE", statement.sql);
        self.query(&sql, &parameters(statement)).await?.iter().map(|row| Ok(kind.of(row)?)).collect()
    }

    async fn lock(&self) -> Result<(), Fault> {
        self.query(schema::LOCK, &[]).await.map(drop)
    }

    async fn lock_shared(&self) -> Result<(), Fault> {
        self.query(schema::SHARED_LOCK, &[]).await.map(drop)
    }

    async fn revoke_token(&self, id: &TokenId) -> Result<u64, Fault> {
        let sql = "UPDATE tokens SET revoked_ms = $3
                   WHERE shard = $1 AND id = $2 AND coalesce(revoked_ms <> $3, true)";
        self.execute(sql, &[&records::shard(id), &id.as_bytes(), &records::big(Token::AT_ONCE)]).await
    }

    async fn delete_token(&self, id: &TokenId, at_ms: u64) -> Result<u64, Fault> {
        let sql =
            concat!("UPDATE tokens SET ", delete_token!("$3"), " WHERE shard = $1 AND id = $2 AND deleted_ms IS NULL");
        self.execute(sql, &[&records::shard(id), &id.as_bytes(), &records::big(at_ms)]).await
    }

    async fn revoke_every_token(&self, at_ms: u64) -> Result<u64, Fault> {
        let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > $1, true)
                   AND coalesce(expires_s > $1 / 1000, true)
                   AND owner NOT IN (SELECT id FROM users WHERE blocked OR removed_ms IS NOT NULL)";
        let rows = self.query(sql, &[&records::big(at_ms)]).await?;
        let good = rows.first().map_or(Ok(0), |row| row.number(0))?;
        let sql = "UPDATE tokens SET revoked_ms = $1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> $1, true)";
        self.execute(sql, &[&records::big(Token::AT_ONCE)]).await?;
        Ok(good)
    }

    async fn is_revoked(&self, id: &TokenId) -> Result<bool, Fault> {
        let sql = "SELECT 1 FROM tokens
                   WHERE shard = $1 AND id = $2 AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
        Ok(!self.query(sql, &[&records::shard(id), &id.as_bytes()]).await?.is_empty())
    }
}
