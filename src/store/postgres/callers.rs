//! The rows that entitle callers to their writes: locked, and read again, in the transaction of the write.
//!
//! A revocation that comes meanwhile waits for the write, or has come before and is seen by it. The rows are locked in the order
//! of their keys, in whatever state they are: what is read is what holds until the transaction ends.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::fault::Fault;
use super::records;
use crate::model::{Parent, TokenId, UserId};
use crate::store::caller::Account;
use crate::store::{Actor, Caller, Lost};

const ACCOUNTS: &str = "SELECT id, removed_ms IS NULL AND NOT blocked, password_version, generation, privileges
                        FROM users WHERE id = ANY($1::bytea[]) ORDER BY id FOR SHARE";
const TOKENS: &str = "SELECT id, owner, revoked_ms, deleted_ms IS NULL FROM tokens
                      WHERE (shard, id) IN (SELECT * FROM unnest($1::smallint[], $2::bytea[]))
                      ORDER BY shard, id FOR SHARE";

/// Callers, and what their rows say now.
#[derive(Debug, Default)]
pub(super) struct Callers {
    now_ms: u64,
    users: BTreeSet<UserId>,
    tokens: BTreeSet<(i16, TokenId)>,
    /// Those that are neither blocked nor removed.
    accounts: HashMap<UserId, Account>,
    /// The owners of those that are not revoked.
    good: HashMap<TokenId, UserId>,
}

impl Callers {
    /// Of these writes, at a moment in milliseconds since the Unix epoch.
    #[expect(single_use_lifetimes, reason = "a lifetime in an `impl Trait` has to have a name")]
    pub(super) fn of<'a>(actors: impl Iterator<Item = &'a Actor>, now_ms: u64) -> Self {
        let mut callers = Self { now_ms, ..Self::default() };
        for caller in actors.filter_map(Actor::caller) {
            callers.users.insert(caller.user());
            if let Some(Parent::Token(id)) = caller.token() {
                callers.tokens.insert((records::shard(&id), id));
            }
        }
        callers
    }

    /// Has the statements ready, so that [`Callers::lock`] sends them when it is first polled.
    pub(super) async fn prepare(&self, client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
        if !self.users.is_empty() {
            client.prepare_cached(ACCOUNTS).await?;
        }
        if !self.tokens.is_empty() {
            client.prepare_cached(TOKENS).await?;
        }
        Ok(())
    }

    /// Locks the rows, and reads them.
    pub(super) async fn lock(&mut self, client: &ClientWrapper) -> Result<(), Fault> {
        let (accounts, tokens) = tokio::join!(biased; self.accounts(client), self.tokens(client));
        for row in accounts? {
            if row.try_get(1)? {
                let privileges = row.try_get::<_, &str>(4)?.parse().unwrap_or_default();
                let (password_version, generation) = (records::number(&row, 2)?, records::number(&row, 3)?);
                let account = Account { password_version, generation, privileges };
                self.accounts.insert(records::user_id(&row, 0)?, account);
            }
        }
        for row in tokens? {
            let revoked = records::maybe_number(&row, 2)?.is_some_and(|ms| ms <= self.now_ms);
            if row.try_get(3)? && !revoked {
                self.good.insert(records::token_id(&row, 0)?, records::user_id(&row, 1)?);
            }
        }
        Ok(())
    }

    async fn accounts(&self, client: &ClientWrapper) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.users.is_empty() {
            return Ok(Vec::new());
        }
        let statement = client.prepare_cached(ACCOUNTS).await?;
        let ids: Vec<_> = self.users.iter().map(|id| id.as_bytes().as_slice()).collect();
        client.query(&statement, &[&ids]).await
    }

    async fn tokens(&self, client: &ClientWrapper) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.tokens.is_empty() {
            return Ok(Vec::new());
        }
        let statement = client.prepare_cached(TOKENS).await?;
        let (shards, ids): (Vec<_>, Vec<_>) = self.tokens.iter().map(|(shard, id)| (*shard, id.as_bytes())).unzip();
        client.query(&statement, &[&shards, &ids]).await
    }

    /// What whoever asks for one of these writes has lost that it needs. Nothing is asked of the operator and of the server.
    pub(super) fn lost(&self, by: &Actor) -> Option<Lost> {
        by.caller().and_then(|caller| self.lost_by(caller))
    }

    fn lost_by(&self, caller: &Caller) -> Option<Lost> {
        if caller.is_over(self.now_ms) {
            return Some(Lost::Token);
        }
        caller.lost_with(self.accounts.get(&caller.user())).or_else(|| match caller.token() {
            Some(Parent::Token(id)) if self.good.get(&id) != Some(&caller.user()) => Some(Lost::Token),
            _ => None,
        })
    }
}
