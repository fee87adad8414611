//! The embedded engine: SQLite in WAL mode with `synchronous=FULL`, one writing thread, reading connections beside it.
//!
//! Another process may write to the same file (the command line beside a running server); SQLite's own locks keep the two
//! apart, and the change feed tells each what the other did.

mod folder;
mod readers;
mod records;
mod schema;
mod writer;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};

pub use folder::{AlreadyServed, DataFolder, FolderError, ServerLock};
use readers::{ReadError, Readers};
use writer::{Guard, Writer};

use super::{
    Actor, Added, AuditAction, AuditRow, Change, Changed, EngineError, Inserted, SealedKey, Store, StoreError, Subject,
    UserChange,
};
use crate::model::{Token, TokenId, User, UserId, UserName};

/// How long a statement waits for another process that holds the write lock, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// Pages of WAL after which they are moved into the database: 16 MiB, so that it happens once in many commits.
const CHECKPOINT_PAGES: u32 = 4_096;
/// Memory for pages, in KiB, of the writer and of each reader.
const WRITER_CACHE_KIB: u32 = 8_192;
const READER_CACHE_KIB: u32 = 2_048;
/// Writes that may wait: more than any batch, so that only a store that stands still sheds load.
const WRITE_QUEUE: usize = 8_192;
const READERS: usize = 4;

/// The store in one file.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens the database file, makes it when there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened, or a newer program has changed its tables.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open_writer(path).map_err(|error| unavailable(&error))?;
        let thread = Writer::start(connection, WRITE_QUEUE)
            .map_err(|error| StoreError::Unavailable(EngineError(error.to_string())))?;
        Ok(Self { writer: thread, readers: Readers::new(PathBuf::from(path), READERS) })
    }
}

fn open_writer(path: &Path) -> Result<Connection, rusqlite_migration::Error> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{WRITER_CACHE_KIB};
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
    ))?;
    schema::MIGRATIONS.to_latest(&mut connection)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
         PRAGMA query_only = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{READER_CACHE_KIB};"
    ))?;
    Ok(connection)
}

fn unavailable(error: &rusqlite_migration::Error) -> StoreError {
    let told = match error {
        rusqlite_migration::Error::MigrationDefinition(_) => {
            "its tables were made by a newer version of this program; run that version".to_owned()
        }
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
        self.writer
            .run(Guard::Batch, move |batch| {
                let inserted = records::insert_token(batch.connection(), &token)?;
                if inserted == Inserted::Stored {
                    batch.audit(at_ms, AuditAction::TokenMint, by, Some(token.user), Some(token.id))?;
                }
                Ok(inserted)
            })
            .await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.readers
            .run(move |connection| {
                let sql = "SELECT id, user, key, name, caveats, revoked_ms FROM tokens WHERE id = ?";
                let row = connection.prepare_cached(sql)?.query_row([id.as_bytes()], records::token).optional()?;
                row.transpose()
            })
            .await
    }

    async fn tokens_of(&self, user: UserId, before: Option<TokenId>, limit: usize) -> Result<Vec<Token>, StoreError> {
        let before = before.map_or([0xff; 32], |id| *id.as_bytes());
        self.readers
            .run(move |connection| {
                let sql = "SELECT id, user, key, name, caveats, revoked_ms FROM tokens
                           WHERE user = ? AND id < ? AND revoked_ms IS NULL ORDER BY id DESC LIMIT ?";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![user.as_bytes(), before, limit], records::token)?;
                rows.map(|row| row?).collect()
            })
            .await
    }

    async fn revoke_token(&self, owner: UserId, id: TokenId, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer
            .run(Guard::Savepoint, move |batch| {
                let sql = "UPDATE tokens SET revoked_ms = ? WHERE id = ? AND user = ? AND revoked_ms IS NULL";
                let parameters = params![at_ms, id.as_bytes(), owner.as_bytes()];
                if batch.connection().prepare_cached(sql)?.execute(parameters)? == 0 {
                    return Ok(Changed::NotFound);
                }
                batch.announce(Subject::Token(id), at_ms)?;
                batch.audit(at_ms, AuditAction::TokenRevoke, by, Some(owner), Some(id))?;
                Ok(Changed::Done)
            })
            .await
    }

    async fn insert_user(&self, user: User, by: Actor) -> Result<Added, StoreError> {
        self.writer
            .run(Guard::Savepoint, move |batch| {
                let added = records::insert_user(batch.connection(), &user)?;
                if added == Added::Stored {
                    batch.announce(Subject::User(user.id), user.created_ms)?;
                    batch.audit(user.created_ms, AuditAction::UserAdd, by, Some(user.id), None)?;
                }
                Ok(added)
            })
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers
            .run(move |connection| {
                let sql = "SELECT id, name, full_name, password, blocked, created_ms, version FROM users
                           WHERE id = ? AND removed_ms IS NULL";
                let row = connection.prepare_cached(sql)?.query_row([id.as_bytes()], records::user).optional()?;
                row.transpose()
            })
            .await
    }

    async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        let name = name.clone();
        self.readers
            .run(move |connection| {
                let sql = "SELECT id, name, full_name, password, blocked, created_ms, version FROM users
                           WHERE name = ? AND removed_ms IS NULL";
                let row = connection.prepare_cached(sql)?.query_row([name.as_str()], records::user).optional()?;
                row.transpose()
            })
            .await
    }

    async fn users(&self, after: Option<UserName>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.readers
            .run(move |connection| {
                let sql = "SELECT id, name, full_name, password, blocked, created_ms, version FROM users
                           WHERE name > ? AND removed_ms IS NULL ORDER BY name LIMIT ?";
                let mut statement = connection.prepare_cached(sql)?;
                let after = after.as_ref().map_or("", UserName::as_str);
                let rows = statement.query_map(params![after, limit], records::user)?;
                rows.map(|row| row?).collect()
            })
            .await
    }

    async fn change_user(&self, id: UserId, change: UserChange, by: Actor, at_ms: u64) -> Result<Changed, StoreError> {
        self.writer
            .run(Guard::Savepoint, move |batch| {
                if records::change_user(batch.connection(), id, &change, at_ms)? == 0 {
                    return Ok(Changed::NotFound);
                }
                let action = match change {
                    UserChange::Password(_) => AuditAction::UserPassword,
                    UserChange::Block => AuditAction::UserBlock,
                    UserChange::Unblock => AuditAction::UserUnblock,
                    UserChange::Remove => AuditAction::UserRemove,
                };
                batch.announce(Subject::User(id), at_ms)?;
                batch.audit(at_ms, action, by, Some(id), None)?;
                Ok(Changed::Done)
            })
            .await
    }

    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        self.readers
            .run(|connection| {
                let sql = "SELECT id, sealed_by, sealed, created_ms FROM root_keys ORDER BY created_ms DESC, id";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([], records::sealed_key)?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    async fn insert_first_key(&self, key: SealedKey) -> Result<(), StoreError> {
        self.writer
            .run(Guard::Savepoint, move |batch| {
                let sql = "INSERT INTO root_keys (id, sealed_by, sealed, created_ms)
                           SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM root_keys)";
                let parameters = params![key.id.as_bytes(), key.sealed_by.as_bytes(), key.sealed, key.created_ms];
                if batch.connection().prepare_cached(sql)?.execute(parameters)? == 1 {
                    batch.announce(Subject::Keys, key.created_ms)?;
                    batch.audit(key.created_ms, AuditAction::KeyAdd, Actor::System, None, None)?;
                }
                Ok(())
            })
            .await
    }

    async fn last_change(&self) -> Result<u64, StoreError> {
        self.readers
            .run(|connection| {
                let sql = "SELECT coalesce(max(seq), 0) FROM changes";
                Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
            })
            .await
    }

    async fn changes_since(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.readers
            .run(move |connection| {
                let sql = "SELECT seq, kind, id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![seq, limit], records::change)?;
                rows.map(|row| row?).collect()
            })
            .await
    }

    async fn audit_since(&self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.readers
            .run(move |connection| {
                let sql = "SELECT seq, at_ms, action, actor, user, token, hash FROM audit
                           WHERE seq > ? ORDER BY seq LIMIT ?";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![seq, limit], records::audit_row)?;
                rows.map(|row| row?).collect()
            })
            .await
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close();
    }
}
