//! Writes whose rules are the same in both engines, each within a transaction of an engine.
//!
//! SQLite answers at once, so its futures are ready when they are first polled (`sqlite/execute.rs`).

pub(super) mod effects;
pub(super) mod keys;
pub(super) mod names;
pub(super) mod users;

use super::sql::{Query, Statement};
use zonemint_base::model::TokenId;

/// A transaction of an engine.
pub(super) trait Transaction {
    type Error: Send;

    /// Changes rows; returns how many.
    fn change(&self, statement: &Statement<'_>) -> impl Future<Output = Result<u64, Self::Error>> + Send;
    /// Whether a statement gives a row.
    fn exists(&self, statement: &Statement<'_>) -> impl Future<Output = Result<bool, Self::Error>> + Send;
    /// Reads records.
    fn fetch<T: Send>(&self, query: &Query<'_, T>) -> impl Future<Output = Result<Vec<T>, Self::Error>> + Send;
    /// Reads records that stay as they are until the transaction ends.
    fn fetch_locked<T: Send>(&self, query: &Query<'_, T>) -> impl Future<Output = Result<Vec<T>, Self::Error>> + Send;
    /// Takes the lock of all nodes until the transaction ends.
    fn lock(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// Takes the same lock as a shared one: what was decided under the exclusive lock holds until the transaction ends.
    fn lock_shared(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Revokes a token at once ([`zonemint_base::model::Token::AT_ONCE`]).
    fn revoke_token(&self, id: &TokenId) -> impl Future<Output = Result<u64, Self::Error>> + Send;
    /// Deletes a token at a moment, with its metadata.
    fn delete_token(&self, id: &TokenId, at_ms: u64) -> impl Future<Output = Result<u64, Self::Error>> + Send;
    /// Revokes every token; counts those that were good at a moment.
    fn revoke_every_token(&self, at_ms: u64) -> impl Future<Output = Result<u64, Self::Error>> + Send;
    /// Whether a token is revoked, now or later, and not deleted.
    fn is_revoked(&self, id: &TokenId) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// Changes rows by several statements; returns how many.
pub(super) async fn change_all<T: Transaction>(
    tx: &T,
    statements: impl IntoIterator<Item = Statement<'_>>,
) -> Result<u64, T::Error> {
    let mut changed = 0;
    for statement in statements {
        changed += tx.change(&statement).await?;
    }
    Ok(changed)
}
