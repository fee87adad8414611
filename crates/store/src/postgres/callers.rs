//! The rows that entitle callers to their writes: locked, and read again, in the transaction of the write.
//!
//! A revocation that comes meanwhile waits for the write, or came before and is seen by it. The rows are locked in the order of
//! their keys, in any state: what is read holds until the transaction ends.
//!
//! Most writes take shared locks; a write that changes these rows itself locks them alone. The database grants shared locks ahead of
//! a transaction that waits to change the row. So mints without a gap between them, as a thief could send, could block a revocation
//! on another node forever. Therefore a node that has waited for [`FIRST_WAIT`](super::write_target::FIRST_WAIT) writes the account into
//! the table `changing`. Mints of that account are then refused as overload until the account is changed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use tokio_postgres::Row;

use super::fault::Fault;
use super::limits::timed;
use super::records;
use super::session::{Parameters, Session};
use crate::caller::Account;
use crate::row::Columns as _;
use crate::{Actor, Chain, Lost, StoreError};
use zonemint_base::model::{Parent, Privileges, TokenId, UserId};

macro_rules! accounts {
    ($where:literal, $lock:literal) => {
        concat!(
            "SELECT id, removed_ms IS NULL AND NOT blocked, password_version, generation, privileges, must_change
             FROM users WHERE id = ANY($1::bytea[]) ",
            $where,
            " ORDER BY id ",
            $lock
        )
    };
}
macro_rules! accounts_at_rest {
    ($lock:literal) => {
        accounts!(
            "AND NOT EXISTS (SELECT 1 FROM changing WHERE changing.owner = users.id AND changing.until_ms > $2)",
            $lock
        )
    };
}
macro_rules! tokens {
    ($where:literal, $lock:literal) => {
        concat!(
            "SELECT id, owner, revoked_ms, deleted_ms IS NULL FROM tokens
             WHERE (shard, id) IN (SELECT * FROM unnest($1::smallint[], $2::bytea[])) ",
            $where,
            " ORDER BY shard, id ",
            $lock
        )
    };
}
macro_rules! tokens_at_rest {
    ($lock:literal) => {
        tokens!(
            "AND NOT EXISTS (SELECT 1 FROM changing WHERE changing.owner = tokens.owner AND changing.until_ms > $3)",
            $lock
        )
    };
}

/// How callers' rows are locked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lock {
    /// For mints: together with other writes. Accounts that a node waits to change are left out.
    #[default]
    Shared,
    /// The same; what others have locked is left out, too.
    SharedIfFree,
    /// For what changes other rows than these: together with other writes. Nothing is left out.
    SharedByAll,
    /// Alone, for what may change the same rows afterwards: two that had a shared lock would wait for one another.
    Alone,
}

impl Lock {
    fn accounts(self) -> &'static str {
        match self {
            Self::Shared => accounts_at_rest!("FOR SHARE"),
            Self::SharedIfFree => accounts_at_rest!("FOR SHARE SKIP LOCKED"),
            Self::SharedByAll => accounts!("", "FOR SHARE"),
            Self::Alone => accounts!("", "FOR NO KEY UPDATE"),
        }
    }

    fn tokens(self) -> &'static str {
        match self {
            Self::Shared => tokens_at_rest!("FOR SHARE"),
            Self::SharedIfFree => tokens_at_rest!("FOR SHARE SKIP LOCKED"),
            Self::SharedByAll => tokens!("", "FOR SHARE"),
            Self::Alone => tokens!("", "FOR NO KEY UPDATE"),
        }
    }

    /// Whether rows may be left out although they are there.
    fn leaves_out(self) -> bool {
        matches!(self, Self::Shared | Self::SharedIfFree)
    }
}

/// Callers, and what their rows say now.
#[derive(Debug, Default)]
pub(super) struct Callers {
    lock: Lock,
    now_ms: u64,
    users: BTreeSet<UserId>,
    tokens: BTreeSet<(i16, TokenId)>,
    /// Tokens that were locked.
    seen_tokens: HashSet<TokenId>,
    /// What the accounts that were locked may do, blocked ones too.
    privileges: HashMap<UserId, Privileges>,
    /// Those that are neither blocked nor removed.
    accounts: HashMap<UserId, Account>,
    /// The owners of those that are not revoked.
    good: HashMap<TokenId, UserId>,
}

impl Callers {
    /// Of these writes, at a moment in milliseconds since the Unix epoch.
    #[expect(single_use_lifetimes, reason = "a lifetime in an `impl Trait` has to have a name")]
    pub(super) fn of<'a>(actors: impl Iterator<Item = &'a Actor>, now_ms: u64, lock: Lock) -> Self {
        let mut callers = Self { lock, now_ms, ..Self::default() };
        for caller in actors.filter_map(Actor::caller) {
            callers.users.extend(caller.accounts());
            if let Some(id) = caller.token().and_then(Parent::token) {
                callers.tokens.insert((records::shard(&id), id));
            }
        }
        callers
    }

    /// Has the statements ready, so that [`Callers::take`] sends them when it is first polled.
    pub(super) async fn prepare(&self, client: &Session) -> Result<(), tokio_postgres::Error> {
        if !self.users.is_empty() {
            client.prepare(self.lock.accounts()).await?;
        }
        if !self.tokens.is_empty() {
            client.prepare(self.lock.tokens()).await?;
        }
        Ok(())
    }

    /// Locks the rows, and reads them.
    pub(super) async fn take(&mut self, client: &Session) -> Result<(), Fault> {
        let (accounts, tokens) = tokio::join!(biased; self.accounts(client), self.tokens(client));
        for row in accounts? {
            let id = row.user_id(0)?;
            let privileges = row.try_get::<_, &str>(4)?.parse().ok();
            // What cannot be read may be anything; its owner has nothing of it.
            self.privileges.insert(id, privileges.unwrap_or_else(Privileges::all));
            let privileges = privileges.unwrap_or_default();
            if row.try_get(1)? {
                let (password_version, generation) = (row.number(2)?, row.number(3)?);
                let must_change = row.try_get(5)?;
                self.accounts.insert(id, Account { password_version, must_change, generation, privileges });
            }
        }
        for row in tokens? {
            self.seen_tokens.insert(row.token_id(0)?);
            let revoked = row.number_or_null(2)?.is_some_and(|ms| ms <= self.now_ms);
            if row.try_get(3)? && !revoked {
                self.good.insert(row.token_id(0)?, row.user_id(1)?);
            }
        }
        Ok(())
    }

    async fn accounts(&self, client: &Session) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.users.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.lock.accounts();
        let ids: Vec<_> = self.users.iter().map(UserId::as_bytes).collect();
        if self.lock.leaves_out() {
            client.query(sql, &[&ids, &records::big(self.now_ms)]).await
        } else {
            client.query(sql, &[&ids]).await
        }
    }

    async fn tokens(&self, client: &Session) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.tokens.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.lock.tokens();
        let (shards, ids): (Vec<_>, Vec<_>) = self.tokens.iter().map(|(shard, id)| (*shard, id.as_bytes())).unzip();
        if self.lock.leaves_out() {
            client.query(sql, &[&shards, &ids, &records::big(self.now_ms)]).await
        } else {
            client.query(sql, &[&shards, &ids]).await
        }
    }

    /// Why one of these writes may not be done now. Nothing is asked of the operator and of the server.
    pub(super) fn refusal(&self, by: &Actor) -> Option<StoreError> {
        let caller = by.caller()?;
        let token = caller.token().and_then(Parent::token);
        if caller.is_over(self.now_ms) {
            return Some(StoreError::NotAuthorised(Lost::Token));
        }
        let of_other = caller.outranks().map(|other| self.privileges.get(&other));
        let is_left_out = !self.privileges.contains_key(&caller.user())
            || of_other.is_some_and(|found| found.is_none())
            || token.is_some_and(|id| !self.seen_tokens.contains(&id));
        if is_left_out && self.lock.leaves_out() {
            return Some(StoreError::Overloaded);
        }
        let other = of_other.flatten().copied().unwrap_or_default();
        let lost = caller.lost_with(self.accounts.get(&caller.user()), other).or_else(|| match token {
            Some(id) if self.good.get(&id) != Some(&caller.user()) => Some(Lost::Token),
            _ => None,
        });
        lost.map(StoreError::NotAuthorised)
    }
}

/// Has mints leave accounts alone until a moment, in milliseconds since the Unix epoch, for the process of this chain.
pub(super) async fn mark_changing(
    client: &Session,
    timeout: Duration,
    chain: &Chain,
    accounts: &BTreeSet<UserId>,
    until_ms: u64,
) -> Result<(), Fault> {
    let owners: Vec<_> = accounts.iter().map(UserId::as_bytes).collect();
    let sql = "INSERT INTO changing (owner, chain, until_ms) SELECT owner, $2, $3 FROM unnest($1::bytea[]) AS v(owner)
               ON CONFLICT (owner, chain) DO UPDATE SET until_ms = excluded.until_ms";
    let values: &Parameters<'_> = &[&owners, &chain.as_str(), &records::big(until_ms)];
    timed(timeout, client.write_alone(sql, values, timeout)).await.map(drop)
}

/// Takes back all that the process of this chain has marked. What others have marked stays.
pub(super) async fn unmark_changing(client: &Session, timeout: Duration, chain: &Chain) -> Result<(), Fault> {
    let sql = "DELETE FROM changing WHERE chain = $1";
    timed(timeout, client.write_alone(sql, &[&chain.as_str()], timeout)).await.map(drop)
}
