//! The shared engine: PostgreSQL, for any number of nodes. Reading connections are in a pool. One task writes: it commits what has
//! queued up as one transaction, and alternates between two connections.
//!
//! Nodes learn from the change feed what the others did; each node writes a chain of its own into it. LISTEN and NOTIFY make the
//! others look earlier, where the database has them. Nodes do not lock what others need at the same time, except for what concerns
//! the keyring as a whole.

mod batch;
mod callers;
mod commit_pipeline;
mod connect;
mod counts;
mod descendants;
mod fault;
mod feed;
mod following;
mod hosts;
mod inspect;
mod inspect_hosts;
mod keys;
mod limits;
mod listener;
mod mint_run;
mod mints;
mod names;
mod operation;
mod pooler;
mod readers;
mod records;
mod schema;
mod sealed;
mod session;
mod session_name;
mod tls;
mod tokens;
mod transaction;
mod transfer;
mod upkeep;
mod uses;
mod work;
mod write_target;
mod writer;

use std::time::Duration;

use async_trait::async_trait;
use connect::Connector;
use fault::Fault;
use following::Following;
use listener::Listener;
use operation::Operation;
use readers::Readers;
use session::Session;
use work::Signals;
use writer::Writer;

pub use inspect::{MissingRight, OwnName, ServerReport, SqlNames};
pub use inspect::{check, earlier_sessions, holds_a_store, inspect, sessions};
pub use inspect_hosts::{Host, HostState, Replication};

use super::command::{Command, Outcome, Stamp};
use super::{
    Actor, AfterUser, AuditRow, Chain, CountedTokens, DatabaseClock, DayOfUses, Dump, Family, FeedPage, FormerName,
    Head, Inserted, Kin, Position, Rows, SealedKey, SealedSecret, SeenAddress, Settings, Store, StoreError, TokenList,
    TokenPage, UserKey, statements,
};
use zonemint_base::clock::Clock;
use zonemint_base::model::{KeyId, Token, TokenId, TokenName, User, UserId};
use zonemint_telemetry::Exposition;

/// Writes that may wait: more than any batch, so that only a store that stands still sheds load.
const WRITE_QUEUE: usize = 8_192;
/// How long a transaction is waited for once new connections only read.
const READ_ONLY: Duration = Duration::from_secs(1);

/// The store in a database that other nodes use too.
pub struct PostgresStore {
    chain: Chain,
    readers: Readers,
    /// For what a node must read before it may use its cache. In the pool of the other readers it could wait forever: these are many
    /// exactly when the cache may not be used.
    following: Following,
    writer: Writer,
    listener: Listener,
}

impl PostgresStore {
    /// Connects to the database that the settings name, and brings its tables up to date. What this process writes goes to
    /// `chain`, which no other process should have at the same time; if one has, the two only wait for one another.
    /// `clock` says whether the token of a caller is over when a write is committed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the settings or the files they name cannot be used, the database cannot be reached, or
    /// a program that is newer by more than one version has changed its tables.
    pub async fn open(settings: &Settings, chain: Chain, clock: Clock) -> Result<Self, StoreError> {
        let connector = pooler::connector(settings, &chain).await?;
        let session = connector.session().await?;
        schema::migrate(&session).await?;
        let database_clock = DatabaseClock::new(clock.clone(), settings.max_clock_skew);
        let asked_ms = database_clock.asked();
        if let Some(row) = session.query(feed::NOW_MS, &[]).await.map_err(Fault::from)?.first() {
            database_clock.answered(asked_ms, row.try_get(0).map_err(Fault::from)?);
        }
        let readers = Readers::new(&connector, settings.pool)?;
        let following = Following::new(&connector, database_clock)?;
        Ok(Self::start(connector, session, chain, readers, following, clock))
    }

    /// Begins to write and to listen. `session` is what is written on first.
    fn start(
        connector: Connector,
        session: Session,
        chain: Chain,
        readers: Readers,
        following: Following,
        clock: Clock,
    ) -> Self {
        let listener = Listener::start(connector.clone());
        let signals = Signals { notify: listener.understood(), moved: following.moved() };
        let writer = Writer::start(connector, session, chain.clone(), WRITE_QUEUE, signals, clock);
        Self { chain, readers, following, writer, listener }
    }
}

/// The address of the database may hold a password.
impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("chain", &self.chain).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError> {
        self.writer.run(Operation { command: Command::InsertToken { token }, stamp: (by, at_ms) }).await?.answer()
    }

    async fn write(&self, command: Command, stamp: Stamp) -> Result<Outcome, StoreError> {
        self.writer.run(Operation { command, stamp }).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        Ok(tokens::by_id(&self.readers, id).await?)
    }

    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError> {
        Ok(tokens::by_name(&self.readers, user, name).await?)
    }

    async fn list_tokens(&self, user: UserId, list: TokenList, limit: usize) -> Result<TokenPage, StoreError> {
        let readers = &self.readers;
        Ok(match list {
            TokenList::Client(at_ms, before, look) => {
                tokens::client_tokens_of(readers, user, at_ms, before, (limit, look)).await?
            }
            TokenList::Filtered(filter, before, look) => {
                tokens::page(readers, user, &filter, before, (limit, look)).await?
            }
            TokenList::Named(after) => tokens::named_of(readers, user, after.as_ref(), limit).await?,
        })
    }

    async fn family(&self, family: Family) -> Result<Vec<Kin>, StoreError> {
        let readers = &self.readers;
        Ok(match family {
            Family::MintedBy(parents, page) => descendants::minted_by(readers, &parents, page).await?,
            Family::TemporaryMintedBy(parents) => descendants::temporary_minted_by(readers, &parents).await?,
            Family::Among(owner, which, page) => descendants::among(readers, owner, &which, page).await?,
            Family::EndedGenerations(owner) => readers.fetch(&statements::parents::ended(&owner)).await?,
        })
    }

    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
        Ok(tokens::named(&self.readers, after, limit).await?)
    }

    async fn count_tokens(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        look: usize,
    ) -> Result<CountedTokens, StoreError> {
        Ok(counts::good_tokens(&self.readers, user, at_ms, before, look).await?)
    }

    async fn large_accounts(&self, owners: Vec<UserId>, more_than: usize) -> Result<Vec<UserId>, StoreError> {
        Ok(counts::large(&self.readers, &owners, more_than).await?)
    }

    async fn uses_of(&self, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, StoreError> {
        Ok(self.readers.fetch(&statements::uses::of(&owner, from_day)).await?)
    }

    async fn known_addresses(&self, owner: UserId) -> Result<Vec<SeenAddress>, StoreError> {
        Ok(self.readers.fetch(&statements::addresses::of(&owner)).await?)
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<User>, StoreError> {
        Ok(key.choose(self.readers.fetch(&key.query()).await?))
    }

    async fn users(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError> {
        Ok(self.readers.fetch(&statements::users::page(after.as_ref(), limit)).await?)
    }

    async fn former_names(&self, owner: UserId) -> Result<Vec<FormerName>, StoreError> {
        Ok(self.readers.fetch(&statements::names::of(&owner)).await?)
    }

    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        Ok(self.following.readers().fetch(&statements::keys::all()).await?)
    }

    async fn secrets_not_under(
        &self,
        current: KeyId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        Ok(keys::secrets_not_under(&self.readers, current, after, limit).await?)
    }

    async fn tokens_under(&self, key: KeyId, at_ms: u64) -> Result<u64, StoreError> {
        Ok(upkeep::tokens_under(&self.readers, key, at_ms).await?)
    }

    fn chain(&self) -> Chain {
        self.chain.clone()
    }

    async fn feed_end(&self) -> Result<Position, StoreError> {
        Ok(feed::end(&self.readers).await?)
    }

    async fn read_feed(&self, position: &Position, limit: usize) -> Result<FeedPage, StoreError> {
        let (ends, changes, source) = self.following.read(position, limit, &self.readers).await?;
        Ok(FeedPage { ends, changes, source, lost: self.writer.take_lost() })
    }

    async fn wait_for_change_hint(&self) {
        self.listener.heard().await;
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        Ok(feed::heads(&self.readers).await?)
    }

    async fn audit_after(&self, chain: &Chain, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        Ok(feed::audit_after(&self.readers, chain, seq, limit).await?)
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(upkeep::check(&self.readers).await?)
    }

    async fn dump(&self, dump: Dump, limit: usize) -> Result<Rows, StoreError> {
        Ok(transfer::dump(&self.readers, dump, limit).await?)
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.readers.fetch(&statements::names::mark(name)).await?.pop())
    }

    fn read_limit(&self) -> Option<Duration> {
        Some(self.readers.timeout())
    }

    fn database_clock(&self) -> Option<&DatabaseClock> {
        Some(self.following.clock())
    }

    async fn prove(&self) -> Result<(), StoreError> {
        match upkeep::must_accept_writes(&self.readers).await {
            Ok(()) => self.writer.prove().await,
            // The connections that write may be older, and still accept writes; if not, they are tried for long.
            Err(refusal) => match tokio::time::timeout(READ_ONLY, self.writer.prove()).await {
                Ok(Ok(())) => Ok(()),
                _ => Err(refusal.into()),
            },
        }
    }

    fn stalled(&self) -> Option<Duration> {
        self.writer.stalled()
    }

    fn measure(&self, into: &mut Exposition) {
        self.writer.measure(into);
    }

    async fn close(&self) {
        self.writer.close().await;
        self.listener.stop();
        self.readers.close();
        self.following.close();
    }
}
