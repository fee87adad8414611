//! Restoring a backup into an empty data folder, without bringing back what was revoked after it.
//!
//! Everything happens in a file of another name, which gets the database's own at the end. Until then there is nothing that
//! could be served. That file needs no journal: if anything fails, it is thrown away.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use rusqlite_migration::SchemaVersion;

use super::error::{ReadError, engine_error};
use super::execute::{at_once, fetch};
use super::place::{PlaceError, RESTORING, Unfinished, beside};
use super::{AlreadyServed, DataFolder, FolderError, ServerLock, audit, schema};
use crate::batch_size::SCAN_SIZE;
use crate::replay::{Plan, Trail};
use crate::statements::{self, END_RESET_LINKS};
use crate::transaction::effects;
use crate::{Actor, AuditAction, AuditEntry, AuditRow, Chain, EngineError, Head, Replayed, TrailError};
use zonemint_base::model::{KeyId, UserId};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a database already.
    #[error("{path} exists; a backup is restored into a folder without a database only, and nothing is overwritten", path = .0.display())]
    NotEmpty(PathBuf),
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A server is running there.
    #[error(transparent)]
    AlreadyServed(#[from] AlreadyServed),
    /// The backup cannot be read.
    #[error("the backup {path} cannot be read", path = .path.display())]
    Backup {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error("{path} is no backup of zonemint", path = .0.display())]
    NoBackup(PathBuf),
    /// It is a database that was copied as it lay there.
    #[error("{path} is next to it: this is not a backup, but a database with a part of its data in that file", path = .0.display())]
    Log(PathBuf),
    /// Tables of a newer program.
    #[error("the backup was made by a newer version of this program; run that version")]
    Newer,
    /// SQLite finds it damaged.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// Its audit rows are not what was written.
    #[error("the backup's audit chain {chain:?} is broken at row {seq}: rows were changed or removed")]
    Chain {
        /// Which chain.
        chain: String,
        /// The first row that does not follow the one before.
        seq: u64,
    },
    /// No row of the trail is the backup's last one, or follows it.
    #[error("the trail does not reach the end of the backup, row {0}: it was exported before the backup was made")]
    TrailTooShort(u64),
    /// The file cannot be written.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// SQLite failed.
    #[error("the backup cannot be restored")]
    Engine(#[source] EngineError),
    /// A record cannot be read.
    #[error("the backup holds a {0} that cannot be read")]
    Corrupt(&'static str),
}

impl From<rusqlite::Error> for RestoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(engine_error(&error))
    }
}

impl From<ReadError> for RestoreError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Engine(error) => error.into(),
            ReadError::Corrupt(what) => Self::Corrupt(what),
        }
    }
}

/// A backup that is being restored. Dropped, it leaves nothing.
pub struct Restore {
    /// In a transaction that is never committed in part.
    connection: Connection,
    head: Head,
    trail: Trail,
    plan: Plan,
    /// Whether everything is revoked, for want of a trail.
    everything: bool,
    file: Unfinished,
    _lock: ServerLock,
}

impl Restore {
    /// Copies a backup into the data folder, under another name, and verifies it: SQLite's integrity, the version of its
    /// tables, its audit chains.
    ///
    /// # Errors
    /// [`RestoreError`]; nothing is left then.
    pub fn begin(folder: &DataFolder, from: &Path) -> Result<Self, RestoreError> {
        let lock = folder.lock_for_server()??;
        let database = folder.database();
        for suffix in ["", "-wal", "-shm"] {
            let there = beside(&database, suffix);
            if there.symlink_metadata().is_ok() {
                return Err(RestoreError::NotEmpty(there));
            }
        }
        let log = beside(from, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(RestoreError::Log(log));
        }
        let unreadable = |source| RestoreError::Backup { path: from.to_owned(), source };
        let mut backup_file = File::open(from).map_err(unreadable)?;
        let mut file = Unfinished::begin(&database, RESTORING)?;
        io::copy(&mut backup_file, file.file()).map_err(unreadable)?;
        let connection = open(file.path(), from)?;
        let head = audit::end(&connection)?;
        verify_chains(&connection)?;
        connection.execute_batch("BEGIN")?;
        let (trail, plan) = (Trail::after(&audit::heads(&connection)?), Plan::default());
        Ok(Self { connection, head, trail, plan, everything: false, file, _lock: lock })
    }

    /// The end of the backup's own audit chain.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Does what the next row of the trail says was done after the backup. Rows that the backup has itself are compared.
    ///
    /// # Errors
    /// Outside, [`RestoreError`]; inside, why the row is none that follows.
    pub fn replay(&mut self, row: &AuditRow) -> Result<Result<(), TrailError>, RestoreError> {
        if self.trail.is_stored(row) {
            let hash = audit::hash_of(&self.connection, row)?;
            return Ok(self.trail.compare(row, hash));
        }
        if row.chain != Chain::embedded() {
            return Ok(Err(TrailError::Chain(row.chain.as_str().to_owned())));
        }
        Ok(match self.trail.follow(row) {
            Ok(true) => {
                audit::insert(&self.connection, row)?;
                self.plan.take(row)
            }
            other => other.map(|_| ()),
        })
    }

    /// The row that the trail has come to.
    #[must_use]
    pub fn reached(&self) -> Head {
        let chain = Chain::embedded();
        let (seq, hash) = self.trail.end_of(&chain);
        Head { chain, seq, hash }
    }

    /// Has all tokens revoked, and all generations of temporary ones ended that there can have been.
    pub fn revoke_all(&mut self, now_ms: u64) {
        self.everything = true;
        self.plan.revoke_all(now_ms);
    }

    /// Takes away what the trail says.
    fn take_away(&self, at_ms: u64) -> Result<Replayed, RestoreError> {
        let keys: Vec<_> = fetch(&self.connection, &statements::keys::all())?.iter().map(|key| key.id).collect();
        let mut tally = self.plan.tally(&keys);
        self.connection.execute(END_RESET_LINKS, [])?;
        for effect in self.plan.effects(at_ms) {
            tally.add(&effect, at_once(effects::apply(&self.connection, &effect))?);
        }
        Ok(Replayed {
            rows: (!self.everything).then(|| self.trail.rows()),
            passwords: self.names(&tally.passwords)?,
            sign_ins: self.names(&tally.sign_ins)?,
            privileges: self.names(&tally.privileges)?,
            ..tally.done
        })
    }

    /// How these users are called, without those who are not there any more.
    fn names(&self, ids: &[UserId]) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT coalesce(name, lower(hex(id))) FROM users WHERE id = ? AND removed_ms IS NULL";
        let mut statement = self.connection.prepare(sql)?;
        let found = ids.iter().map(|id| statement.query_row([id.as_bytes()], |row| row.get::<_, String>(0)).optional());
        let mut names = found.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// The key-encryption keys that seal the root keys that are good once the restore has come to its end.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn sealed_by(&self) -> Result<Vec<KeyId>, RestoreError> {
        let rows = fetch(&self.connection, &statements::keys::all())?;
        let good = rows.iter().filter(|key| key.retired_ms.is_none() && !self.plan.retires(key.id));
        let mut ids: Vec<_> = good.map(|key| key.sealed_by).collect();
        ids.sort_by_key(|id| *id.as_bytes());
        ids.dedup();
        Ok(ids)
    }

    /// Records what was done, and gives the database its name.
    ///
    /// # Errors
    /// [`RestoreError`]; nothing is left then.
    pub fn finish(self, at_ms: u64) -> Result<Replayed, RestoreError> {
        let own = Chain::embedded();
        if !self.everything && self.trail.not_reached().iter().any(|(chain, _)| *chain == own) {
            return Err(RestoreError::TrailTooShort(self.head.seq));
        }
        let done = self.take_away(at_ms)?;
        let Self { connection, head, trail, file, _lock, .. } = self;
        let note = Some(format!("backup={} {}", head.seq, done.note()));
        let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::StoreRestore, Actor::Operator) };
        audit::insert(&connection, &entry.chained(own.clone(), trail.end_of(&own), at_ms))?;
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, error)| error)?;
        file.finish()?;
        Ok(done)
    }
}

/// Opens the copy of a backup, verifies it, and brings its tables up to date.
fn open(path: &Path, from: &Path) -> Result<Connection, RestoreError> {
    let no_backup = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => RestoreError::NoBackup(from.to_owned()),
        _ => error.into(),
    };
    let mut connection = Connection::open(path)?;
    // Out of the mode of a database in use first, in which a file that was copied as it lay there is.
    for mode in ["DELETE", "OFF"] {
        connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).map_err(no_backup)?;
    }
    // The sealed bytes of a root key that is retired again are to be gone.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA secure_delete = ON")?;
    let newer = |_| RestoreError::Newer;
    match schema::MIGRATIONS.current_version(&connection).map_err(newer)? {
        SchemaVersion::Inside(_) => {}
        SchemaVersion::NoneSet => return Err(RestoreError::NoBackup(from.to_owned())),
        SchemaVersion::Outside(_) => return Err(RestoreError::Newer),
    }
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(no_backup)?;
    if found != "ok" {
        return Err(RestoreError::Damaged(found));
    }
    schema::migrate(&mut connection).map_err(|error| RestoreError::Damaged(error.to_string()))?;
    Ok(connection)
}

/// Each row must follow the one before. What a chain begins with is not known once its first rows were archived.
fn verify_chains(connection: &Connection) -> Result<(), RestoreError> {
    for Head { chain, .. } in audit::heads(connection)? {
        let mut last = None;
        loop {
            let rows = audit::after(connection, &chain, last.map_or(0, |(seq, _)| seq), SCAN_SIZE)?;
            for row in &rows {
                let follows = match last {
                    None if row.seq > 1 => true,
                    None => row.chained(&chain.genesis()) == row.hash,
                    Some((seq, hash)) => row.seq == seq + 1 && row.chained(&hash) == row.hash,
                };
                if !follows {
                    return Err(RestoreError::Chain { chain: chain.as_str().to_owned(), seq: row.seq });
                }
                last = Some((row.seq, row.hash));
            }
            if rows.len() < SCAN_SIZE {
                break;
            }
        }
    }
    Ok(())
}
