//! The embedded engine: SQLite in WAL mode with `synchronous=FULL`, one writing thread, reading connections next to it.
//!
//! Another process may write to the same file (the command line next to a running server). SQLite's own locks keep the two apart, and
//! each learns from the change feed what the other did.

mod audit;
mod backup;
mod batch;
mod commands;
mod connections;
mod counts;
mod denied;
mod descendants;
mod error;
mod execute;
mod folder;
mod inspect;
mod keys;
mod mints;
mod names;
mod place;
mod readers;
mod restore;
mod rows;
mod schema;
mod tokens;
mod trail;
mod transaction;
mod transfer;
mod upkeep;
mod uses;
mod writer;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;

pub use backup::{BackupError, backup};
pub use folder::{AlreadyServed, DataFolder, FolderError, NotWritable, ServerLock};
pub use inspect::{FileReport, Inspection, inspect, read};
pub use place::PlaceError;
pub use restore::{Restore, RestoreError};

use error::unavailable;
use execute::fetch;
use readers::Readers;
use writer::Writer;

use super::command::{Command, Outcome, Stamp};
use super::{
    Actor, AfterUser, AuditRow, Chain, CountedTokens, DayOfUses, Dump, Family, FeedPage, FormerName, Head, Inserted,
    Kin, Position, Rows, SealedKey, SealedSecret, SeenAddress, Store, StoreError, TokenList, TokenPage, UserKey,
    statements,
};
use zonemint_base::clock::Clock;
use zonemint_base::model::{KeyId, Token, TokenId, TokenName, User, UserId};
use zonemint_telemetry::Exposition;

/// Writes that may wait: more than any batch, so that only a store that stands still sheds load.
const WRITE_QUEUE: usize = 8_192;
const READERS: usize = 4;

/// The store in one file.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens the database file, makes it when there is none, and brings its tables up to date. `clock` says whether the token
    /// of a caller is over when a write is committed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened, or a newer program has changed its tables.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let connection = connections::writer(path).map_err(|error| unavailable(&error))?;
        let thread = Writer::start(connection, WRITE_QUEUE, clock)
            .map_err(|error| StoreError::unavailable(error.to_string()))?;
        let path = path.to_owned();
        Ok(Self { writer: thread, readers: Readers::new(move || connections::reader(&path), READERS) })
    }

    /// A store whose connections `open` makes, and to which nothing can be written.
    fn only_read(open: impl Fn() -> rusqlite::Result<Connection> + Send + Sync + 'static) -> Self {
        Self { writer: Writer::closed(), readers: Readers::new(open, 1) }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError> {
        self.writer.mint(token, by, at_ms).await?.answer()
    }

    async fn write(&self, command: Command, stamp: Stamp) -> Result<Outcome, StoreError> {
        self.writer.run(command, stamp).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.readers.run(move |connection| tokens::by_id(connection, id)).await
    }

    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError> {
        let name = name.clone();
        self.readers.run(move |connection| tokens::by_name(connection, user, &name)).await
    }

    async fn list_tokens(&self, user: UserId, list: TokenList, limit: usize) -> Result<TokenPage, StoreError> {
        self.readers
            .run(move |connection| match list {
                TokenList::Client(at_ms, before, look) => {
                    tokens::client_tokens_of(connection, user, at_ms, before, (limit, look))
                }
                TokenList::Filtered(filter, before, look) => {
                    tokens::page(connection, user, &filter, before, (limit, look))
                }
                TokenList::Named(after) => tokens::named_of(connection, user, after.as_ref(), limit),
            })
            .await
    }

    async fn family(&self, family: Family) -> Result<Vec<Kin>, StoreError> {
        self.readers
            .run(move |connection| match family {
                Family::MintedBy(parents, page) => descendants::minted_by(connection, &parents, page),
                Family::TemporaryMintedBy(parents) => descendants::temporary_minted_by(connection, &parents),
                Family::Among(owner, which, page) => descendants::among(connection, owner, &which, page),
                Family::EndedGenerations(owner) => fetch(connection, &statements::parents::ended(&owner)),
            })
            .await
    }

    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
        self.readers.run(move |connection| tokens::named(connection, after, limit)).await
    }

    async fn count_tokens(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        look: usize,
    ) -> Result<CountedTokens, StoreError> {
        self.readers.run(move |connection| counts::good_tokens(connection, user, at_ms, before, look)).await
    }

    async fn large_accounts(&self, owners: Vec<UserId>, more_than: usize) -> Result<Vec<UserId>, StoreError> {
        self.readers.run(move |connection| counts::large(connection, owners, more_than)).await
    }

    async fn uses_of(&self, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, StoreError> {
        self.readers.run(move |connection| fetch(connection, &statements::uses::of(&owner, from_day))).await
    }

    async fn known_addresses(&self, owner: UserId) -> Result<Vec<SeenAddress>, StoreError> {
        self.readers.run(move |connection| fetch(connection, &statements::addresses::of(&owner))).await
    }

    async fn find_user(&self, key: UserKey) -> Result<Option<User>, StoreError> {
        self.readers.run(move |connection| Ok(key.choose(fetch(connection, &key.query())?))).await
    }

    async fn users(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.readers.run(move |connection| fetch(connection, &statements::users::page(after.as_ref(), limit))).await
    }

    async fn former_names(&self, owner: UserId) -> Result<Vec<FormerName>, StoreError> {
        self.readers.run(move |connection| fetch(connection, &statements::names::of(&owner))).await
    }

    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        self.readers.run(|connection| fetch(connection, &statements::keys::all())).await
    }

    async fn secrets_not_under(
        &self,
        current: KeyId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        self.readers.run(move |connection| keys::secrets_not_under(connection, current, after, limit)).await
    }

    async fn tokens_under(&self, key: KeyId, at_ms: u64) -> Result<u64, StoreError> {
        self.readers.run(move |connection| keys::tokens_under(connection, key, at_ms)).await
    }

    fn chain(&self) -> Chain {
        Chain::embedded()
    }

    async fn feed_end(&self) -> Result<Position, StoreError> {
        self.readers.run(audit::feed_end).await
    }

    async fn read_feed(&self, position: &Position, limit: usize) -> Result<FeedPage, StoreError> {
        let position = position.clone();
        self.readers.run(move |connection| audit::read_feed(connection, &position, limit)).await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.readers.run(audit::heads).await
    }

    async fn audit_after(&self, chain: &Chain, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let chain = chain.clone();
        self.readers.run(move |connection| audit::after(connection, &chain, seq, limit)).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.readers.run(upkeep::check).await
    }

    async fn dump(&self, dump: Dump, limit: usize) -> Result<Rows, StoreError> {
        self.readers.run(move |connection| transfer::dump(connection, dump, limit)).await
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.readers.run(move |connection| Ok(fetch(connection, &statements::names::mark(&name))?.pop())).await
    }

    async fn prove(&self) -> Result<(), StoreError> {
        self.writer.prove().await
    }

    fn stalled(&self) -> Option<Duration> {
        self.writer.stalled()
    }

    fn measure(&self, into: &mut Exposition) {
        self.writer.measure(into);
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close();
    }
}
