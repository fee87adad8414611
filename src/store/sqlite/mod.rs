//! The embedded engine: SQLite in WAL mode with `synchronous=FULL`, one writing thread, reading connections beside it.
//!
//! Another process may write to the same file (the command line beside a running server); SQLite's own locks keep the two
//! apart, and the change feed tells each what the other did.

mod addresses;
mod answers;
mod audit;
mod backup;
mod connections;
mod denied;
mod descendants;
mod effects;
mod examine;
mod folder;
mod keys;
mod mints;
mod names;
mod place;
mod readers;
mod records;
mod restore;
mod rows;
mod schema;
mod tokens;
mod transfer;
mod upkeep;
mod users;
mod uses;
mod writer;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;

pub use backup::{BackupError, backup};
pub use examine::{Examined, Look, examine, read};
pub use folder::{AlreadyServed, DataFolder, FolderError, NotWritable, ServerLock};
pub use place::PlaceError;
pub use restore::{Restore, RestoreError};

use readers::{ReadError, Readers};
use writer::{Batch, Guard, Writer};

use super::{
    Actor, Added, AddressHash, AfterUser, AuditAction, AuditEntry, AuditRow, Chain, Changed, DayOfUses, Descendants,
    Doomed, Effect, EngineError, FeedPage, FormerName, Head, Inserted, Kin, Mark, Page, ParentRow, Position, Purged,
    Resealed, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, Store, StoreError, TokenChange, TokenFilter,
    TokenRow, UserChange, UserRow, UsesRow, Which,
};
use crate::clock::Clock;
use crate::model::{KeyId, Parent, Token, TokenId, TokenName, TokenUse, User, UserId, UserName};
use crate::telemetry::Exposition;

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
            .map_err(|error| StoreError::Unavailable(EngineError(error.to_string())))?;
        let path = path.to_owned();
        Ok(Self { writer: thread, readers: Readers::new(move || connections::reader(&path), READERS) })
    }

    /// A store whose connections `open` makes, and to which nothing can be written.
    fn only_read(open: impl Fn() -> rusqlite::Result<Connection> + Send + Sync + 'static) -> Self {
        Self { writer: Writer::closed(), readers: Readers::new(open, 1) }
    }
}

fn newer() -> StoreError {
    let told = "its tables were made by a newer version of this program; run that version";
    StoreError::Unavailable(EngineError(told.to_owned()))
}

fn unavailable(error: &rusqlite_migration::Error) -> StoreError {
    let told = match error {
        rusqlite_migration::Error::MigrationDefinition(_) => return newer(),
        rusqlite_migration::Error::RusqliteError { err, .. } => err.to_string(),
        other => other.to_string(),
    };
    StoreError::Unavailable(EngineError(told))
}

fn engine_error(error: &rusqlite::Error) -> EngineError {
    EngineError(error.to_string())
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError> {
        self.writer.mint(token, by, at_ms).await
    }

    async fn import_tokens(&self, all: Vec<Token>, by: Actor, at_ms: u64) -> Result<Vec<Inserted>, StoreError> {
        let import = move |batch: &mut Batch<'_>| {
            let each = all.iter().map(|token| tokens::insert(batch, token, AuditAction::TokenImport, by, at_ms));
            each.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.writer.run_or_undo(by, import, |each| each.iter().all(|answer| *answer == Inserted::Stored)).await
    }

    async fn record_temporary(
        &self,
        user: UserId,
        id: TokenId,
        generation: u64,
        by: Actor,
        at_ms: u64,
    ) -> Result<Inserted, StoreError> {
        let record = move |batch: &mut Batch<'_>| tokens::record_temporary(batch, user, id, generation, by, at_ms);
        self.writer.run(by, Guard::Batch, record).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.readers.run(move |connection| tokens::by_id(connection, id)).await
    }

    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError> {
        let name = name.clone();
        self.readers.run(move |connection| tokens::by_name(connection, user, &name)).await
    }

    async fn tokens_of(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.readers.run(move |connection| tokens::client_tokens_of(connection, user, at_ms, before, limit)).await
    }

    async fn page_of_tokens(
        &self,
        user: UserId,
        filter: TokenFilter,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.readers.run(move |connection| tokens::page(connection, user, &filter, before, limit)).await
    }

    async fn named_tokens_of(
        &self,
        user: UserId,
        after: Option<TokenName>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.readers.run(move |connection| tokens::named_of(connection, user, after.as_ref(), limit)).await
    }

    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
        self.readers.run(move |connection| tokens::named(connection, after, limit)).await
    }

    async fn change_token(
        &self,
        owner: UserId,
        id: TokenId,
        change: TokenChange,
        by: Actor,
        at_ms: u64,
    ) -> Result<Changed, StoreError> {
        let change = move |batch: &mut Batch<'_>| tokens::change(batch, owner, id, &change, by, at_ms);
        self.writer.run(by, Guard::Savepoint, change).await
    }

    async fn delete_token(&self, owner: UserId, id: TokenId, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| tokens::delete(batch, owner, id, by, at_ms)).await
    }

    async fn rotate_token(&self, old: Rotated, new: Token, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        let rotate = move |batch: &mut Batch<'_>| tokens::rotate(batch, &old, &new, by, at_ms);
        self.writer.run_or_undo(by, rotate, |changed| *changed == Changed::Done).await
    }

    async fn delete_named_tokens(
        &self,
        owner: UserId,
        limit: usize,
        by: Actor,
        at_ms: u64,
    ) -> Result<Vec<TokenId>, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| tokens::delete_named(batch, owner, limit, by, at_ms)).await
    }

    async fn revoke_tokens(
        &self,
        owner: UserId,
        which: Which,
        limit: usize,
        by: Actor,
        at_ms: u64,
    ) -> Result<Vec<TokenId>, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| tokens::revoke(batch, owner, &which, limit, by, at_ms)).await
    }

    async fn minted_by(&self, parents: Vec<Parent>, page: Page) -> Result<Vec<Kin>, StoreError> {
        self.readers.run(move |connection| descendants::minted_by(connection, &parents, page)).await
    }

    async fn temporary_minted_by(&self, parents: Vec<Parent>) -> Result<Vec<Kin>, StoreError> {
        self.readers.run(move |connection| descendants::temporary_minted_by(connection, &parents)).await
    }

    async fn tokens_among(&self, owner: UserId, which: Which, page: Page) -> Result<Vec<Kin>, StoreError> {
        self.readers.run(move |connection| descendants::among(connection, owner, &which, page)).await
    }

    async fn ended_generations(&self, owner: UserId) -> Result<Vec<Kin>, StoreError> {
        self.readers.run(move |connection| descendants::ended(connection, owner)).await
    }

    async fn revoke_descendants(&self, doomed: Doomed, at_ms: u64) -> Result<Descendants, StoreError> {
        let by = doomed.by;
        self.writer.run(by, Guard::Savepoint, move |batch| descendants::revoke(batch, &doomed, at_ms)).await
    }

    async fn touch_tokens(&self, used: Vec<TokenUse>) -> Result<(), StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| tokens::touch(batch, &used)).await
    }

    async fn add_uses(&self, uses: Vec<DayOfUses>) -> Result<(), StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| uses::add(batch, &uses)).await
    }

    async fn uses_of(&self, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, StoreError> {
        self.readers.run(move |connection| uses::of(connection, owner, from_day)).await
    }

    async fn purge_uses(&self, before_day: u32, limit: usize) -> Result<usize, StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| uses::purge(batch, before_day, limit)).await
    }

    async fn known_addresses(&self, owner: UserId) -> Result<Vec<SeenAddress>, StoreError> {
        self.readers.run(move |connection| addresses::of(connection, owner)).await
    }

    async fn note_address(
        &self,
        seen: SeenAddress,
        former: Vec<AddressHash>,
        oldest_ms: u64,
        most: usize,
    ) -> Result<(), StoreError> {
        let note = move |batch: &mut Batch<'_>| addresses::note(batch, &seen, &former, oldest_ms, most);
        self.writer.run(Actor::System, Guard::Savepoint, note).await
    }

    async fn purge_addresses(&self, before_ms: u64, limit: usize) -> Result<usize, StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| addresses::purge(batch, before_ms, limit)).await
    }

    async fn insert_user(&self, user: User, by: Actor) -> Result<Added, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| users::insert(batch, &user, by, user.created_ms)).await
    }

    async fn import_users(&self, all: Vec<User>, by: Actor, at_ms: u64) -> Result<Vec<Added>, StoreError> {
        self.writer
            .run_or_undo(
                by,
                move |batch| {
                    all.iter().map(|user| users::insert(batch, user, by, at_ms)).collect::<rusqlite::Result<Vec<_>>>()
                },
                |answers| answers.iter().all(|answer| *answer == Added::Stored),
            )
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers.run(move |connection| users::by_id(connection, id)).await
    }

    async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        let name = name.clone();
        self.readers.run(move |connection| users::by_name(connection, &name)).await
    }

    async fn user_by_reset_link(&self, hash: [u8; 32], at_ms: u64) -> Result<Option<User>, StoreError> {
        self.readers.run(move |connection| users::by_reset_link(connection, &hash, at_ms)).await
    }

    async fn users(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.readers.run(move |connection| users::page(connection, after.as_ref(), limit)).await
    }

    async fn former_names(&self, owner: UserId) -> Result<Vec<FormerName>, StoreError> {
        self.readers.run(move |connection| names::of(connection, owner)).await
    }

    async fn change_user(&self, id: UserId, change: UserChange, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| users::change(batch, id, &change, by, at_ms)).await
    }

    async fn fold_names(&self, names: Vec<(UserId, UserName)>, former: Vec<FormerName>) -> Result<Changed, StoreError> {
        let fold = move |batch: &mut Batch<'_>| names::fold(batch.connection(), &names, &former);
        self.writer.run_or_undo(Actor::System, fold, |changed| *changed == Changed::Done).await
    }

    async fn ignore_case(&self, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        let mark = move |batch: &mut Batch<'_>| names::ignore_case(batch, by, at_ms);
        self.writer.run_or_undo(by, mark, |changed| *changed == Changed::Done).await
    }

    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        self.readers.run(keys::all).await
    }

    async fn insert_first_key(&self, key: SealedKey) -> Result<(), StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| keys::insert_first(batch, &key)).await
    }

    async fn add_key(&self, key: SealedKey, by: Actor) -> Result<(), StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| keys::add(batch, &key, by)).await
    }

    async fn put_key_last(&self, id: KeyId, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| keys::put_last(batch, id, by, at_ms)).await
    }

    async fn retire_key(&self, id: KeyId, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| keys::retire(batch, id, by, at_ms)).await
    }

    async fn reseal_keys(&self, all: Vec<Resealed<SealedKey>>, by: Actor, at_ms: u64) -> Result<usize, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| keys::reseal(batch, &all, by, at_ms)).await
    }

    async fn secrets_not_under(
        &self,
        current: KeyId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        self.readers.run(move |connection| keys::secrets_not_under(connection, current, after, limit)).await
    }

    async fn reseal_secrets(
        &self,
        secrets: Vec<Resealed<SealedSecret>>,
        by: Actor,
        at_ms: u64,
    ) -> Result<usize, StoreError> {
        self.writer.run(by, Guard::Savepoint, move |batch| keys::reseal_secrets(batch, &secrets, by, at_ms)).await
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

    async fn purge_changes(&self, before_ms: u64, limit: usize) -> Result<usize, StoreError> {
        self.writer
            .run(Actor::System, Guard::Savepoint, move |batch| audit::purge_changes(batch, before_ms, limit))
            .await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.readers.run(audit::heads).await
    }

    async fn audit_after(&self, chain: &Chain, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let chain = chain.clone();
        self.readers.run(move |connection| audit::after(connection, &chain, seq, limit)).await
    }

    async fn append_audit(&self, entries: Vec<AuditEntry>, at_ms: u64) -> Result<(), StoreError> {
        let by = entries.first().map_or(Actor::System, |entry| entry.by);
        self.writer
            .run(by, Guard::Savepoint, move |batch| {
                entries.into_iter().try_for_each(|entry| batch.append(entry, at_ms))
            })
            .await
    }

    async fn delete_audit(&self, chain: &Chain, seq: u64, limit: usize) -> Result<usize, StoreError> {
        let chain = chain.clone();
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| audit::delete(batch, &chain, seq, limit)).await
    }

    async fn purge_tokens(
        &self,
        ended_before_s: u64,
        after: Option<TokenId>,
        scan: usize,
        at_ms: u64,
    ) -> Result<Purged, StoreError> {
        let purge = move |batch: &mut Batch<'_>| upkeep::purge_tokens(batch, ended_before_s, after, scan, at_ms);
        self.writer.run(Actor::System, Guard::Savepoint, purge).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.readers.run(upkeep::check).await
    }

    async fn dump_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<UserRow>, StoreError> {
        self.readers.run(move |connection| transfer::dump_users(connection, after, limit)).await
    }

    async fn dump_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenRow>, StoreError> {
        self.readers.run(move |connection| transfer::dump_tokens(connection, after, limit)).await
    }

    async fn dump_uses(&self, after: Option<UsesRow>, limit: usize) -> Result<Vec<UsesRow>, StoreError> {
        self.readers.run(move |connection| uses::dump(connection, after.as_ref(), limit)).await
    }

    async fn dump_parents(&self, after: Option<ParentRow>, limit: usize) -> Result<Vec<ParentRow>, StoreError> {
        self.readers.run(move |connection| descendants::dump(connection, after.as_ref(), limit)).await
    }

    async fn dump_addresses(&self, after: Option<SeenAddress>, limit: usize) -> Result<Vec<SeenAddress>, StoreError> {
        self.readers.run(move |connection| addresses::dump(connection, after.as_ref(), limit)).await
    }

    async fn dump_names(&self, after: Option<FormerName>, limit: usize) -> Result<Vec<FormerName>, StoreError> {
        self.readers.run(move |connection| names::dump(connection, after.as_ref(), limit)).await
    }

    async fn load(&self, rows: Rows, mark: Mark) -> Result<(), StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| transfer::load(batch, &rows, &mark)).await
    }

    async fn apply(&self, effects: Vec<Effect>, at_ms: u64, mark: Mark) -> Result<Vec<u64>, StoreError> {
        let apply = move |batch: &mut Batch<'_>| effects::apply_all(batch, &effects, at_ms, &mark);
        self.writer.run(Actor::Operator, Guard::Savepoint, apply).await
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.readers.run(move |connection| transfer::mark(connection, &name)).await
    }

    async fn set_mark(&self, mark: Mark) -> Result<(), StoreError> {
        self.writer.run(Actor::System, Guard::Savepoint, move |batch| transfer::set_mark(batch, &mark).map(drop)).await
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
