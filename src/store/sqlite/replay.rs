//! Does again, in a database from before, what audit rows say was taken away since.
//!
//! A replay only takes away. What rows do not tell (which privileges, which password) is taken away whole. What was made
//! good again counts only against what the replay itself took: so a trail makes nothing good that the backup refuses.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::audit;
use super::{addresses, names, uses};
use crate::model::{KeyId, Token, UserId};
use crate::store::restore::REVOKE_ALL;
use crate::store::{AuditAction, AuditEntry, AuditRow, Chain, Head, Replayed};

/// What all generations are raised by when it is not known how often they were: nobody ends so many. One more than the backup's
/// could be a generation that was ended after it.
const BEYOND_ALL_GENERATIONS: u64 = 1 << 20;

/// Why a row is none of the trail that follows the backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrailError {
    /// It does not follow the row before.
    #[error("row {0} was changed, or is of another store: its hash does not follow from the row before")]
    Hash(u64),
    /// It is not the row that the backup has.
    #[error("row {0} is another one in the backup: this trail is of another store")]
    Other(u64),
    /// Rows are missing.
    #[error("rows {from} to {to} are missing")]
    Gap {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// It is of another chain.
    #[error("it is of the chain {0:?}, which the backup does not have so far")]
    Chain(String),
    /// Its note names no key.
    #[error("the note of row {0} cannot be read")]
    Note(u64),
}

/// A replay that is under way, in one transaction.
pub(super) struct Replay {
    connection: Connection,
    backup: u64,
    reached: Head,
    joined: bool,
    everything: bool,
    /// The names that accounts had last. They lose them with the restore.
    renamed: BTreeMap<[u8; 16], String>,
    done: Replayed,
}

impl Replay {
    pub(super) fn begin(connection: Connection, head: &Head) -> rusqlite::Result<Self> {
        connection.execute_batch(
            "BEGIN;
             CREATE TEMP TABLE taken (what TEXT, id BLOB, before INTEGER, PRIMARY KEY (what, id)) WITHOUT ROWID;",
        )?;
        let joined = head.seq == 0;
        let (reached, done) = (head.clone(), Replayed::default());
        Ok(Self { connection, backup: head.seq, reached, joined, everything: false, renamed: BTreeMap::new(), done })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn reached(&self) -> Head {
        self.reached.clone()
    }

    /// Whether it is known what was taken away since: by rows that join the backup, or because everything was.
    pub(super) fn is_complete(&self) -> bool {
        self.joined || self.everything
    }

    /// Ends it at a moment.
    pub(super) fn end(mut self, at_ms: u64) -> rusqlite::Result<(Connection, Head, Replayed)> {
        for (owner, name) in &self.renamed {
            let sql = "SELECT 1 FROM users WHERE id = ? AND name = ?";
            if !self.connection.prepare_cached(sql)?.exists(params![owner, name])? {
                names::keep(&self.connection, owner, name, at_ms)?;
            }
        }
        self.done.rows = (!self.everything).then_some(self.reached.seq - self.backup);
        self.done.passwords = self.affected("password")?;
        self.done.sign_ins = self.affected("sign-in")?;
        self.done.privileges = self.affected("privileges")?;
        Ok((self.connection, self.reached, self.done))
    }

    /// The users that something was taken from, who are still there.
    fn affected(&self, what: &str) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT coalesce(name, lower(hex(users.id))) FROM taken JOIN users ON users.id = taken.id
                   WHERE what = ? AND removed_ms IS NULL ORDER BY 1";
        self.connection.prepare(sql)?.query_map([what], |row| row.get(0))?.collect()
    }

    pub(super) fn row(&mut self, row: &AuditRow) -> rusqlite::Result<Result<(), TrailError>> {
        if row.chain != Chain::embedded() || row.seq <= self.reached.seq {
            return self.compare(row);
        }
        let next = self.reached.seq + 1;
        if row.seq > next {
            return Ok(Err(TrailError::Gap { from: next, to: row.seq - 1 }));
        }
        if row.chained(&self.reached.hash) != row.hash {
            return Ok(Err(TrailError::Hash(row.seq)));
        }
        self.joined = true;
        audit::insert(&self.connection, row)?;
        (self.reached.seq, self.reached.hash) = (row.seq, row.hash);
        self.act(row)
    }

    /// A row that must be there already. Archived ones are not.
    fn compare(&mut self, row: &AuditRow) -> rusqlite::Result<Result<(), TrailError>> {
        let ours = row.chain == Chain::embedded();
        let sql = if ours {
            "SELECT hash FROM audit WHERE ?1 = '' AND seq = ?2"
        } else {
            "SELECT hash FROM audit_elsewhere WHERE chain = ?1 AND seq = ?2"
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let hash: Option<[u8; 32]> =
            statement.query_row(params![row.chain.as_str(), row.seq], |found| found.get(0)).optional()?;
        Ok(match hash {
            Some(hash) if hash != row.hash => Err(TrailError::Other(row.seq)),
            None if !ours => Err(TrailError::Chain(row.chain.as_str().to_owned())),
            Some(_) => {
                self.joined |= ours && row.seq == self.backup;
                Ok(())
            }
            None => Ok(()),
        })
    }

    fn act(&mut self, row: &AuditRow) -> rusqlite::Result<Result<(), TrailError>> {
        let user = row.user.map(|id| *id.as_bytes());
        let token = row.token.map(|id| id.as_bytes().to_vec());
        match row.action {
            AuditAction::TokenRevoke => self.revoke(token.as_deref())?,
            AuditAction::TokenRestore => self.give_back("token", token.as_deref())?,
            AuditAction::TokenDelete => {
                let sql = "UPDATE tokens SET deleted_ms = ?2, metadata = NULL WHERE id = ?1 AND deleted_ms IS NULL";
                self.done.deleted += self.change(sql, params![token, row.at_ms])?;
            }
            AuditAction::UserBlock => self.block(user)?,
            AuditAction::UserUnblock => self.give_back("user", user.as_ref().map(<[u8; 16]>::as_slice))?,
            AuditAction::UserRemove => {
                self.rename(row)?;
                if let Some(user) = &user {
                    self.renamed.remove(user);
                    // Rows of earlier versions do not tell the name, but the backup does.
                    if let Some(name) = names::lost_for(&self.connection, user, None)? {
                        names::keep(&self.connection, user, &name, row.at_ms)?;
                    }
                }
                let sql = "UPDATE users SET name = NULL, full_name = '', password = '', blocked = 1, privileges = '',
                           version = version + 1, removed_ms = ?2 WHERE id = ?1 AND removed_ms IS NULL";
                self.done.removed += self.change(sql, params![user, row.at_ms])?;
                if let Some(user) = &user {
                    uses::forget(&self.connection, user)?;
                    addresses::forget(&self.connection, user)?;
                }
            }
            AuditAction::UserGeneration => {
                let sql = "UPDATE users SET generation = generation + 1, version = version + 1
                           WHERE id = ? AND removed_ms IS NULL";
                let changed = self.change(sql, [user])?;
                self.done.generations += self.first_time("generation", user, changed)?;
            }
            AuditAction::UserPassword => {
                let sql = "UPDATE users SET password = '', basic_auth = 0, version = version + 1
                           WHERE id = ? AND (password <> '' OR basic_auth <> 0) AND removed_ms IS NULL";
                let changed = self.change(sql, [user])?;
                self.first_time("password", user, changed)?;
            }
            AuditAction::UserBasicAuth => {
                let sql = "UPDATE users SET basic_auth = 0, version = version + 1
                           WHERE id = ? AND basic_auth <> 0 AND removed_ms IS NULL";
                let changed = self.change(sql, [user])?;
                self.first_time("sign-in", user, changed)?;
            }
            AuditAction::UserPrivileges => {
                let sql = "UPDATE users SET privileges = '', version = version + 1
                           WHERE id = ? AND privileges <> '' AND removed_ms IS NULL";
                let changed = self.change(sql, [user])?;
                self.first_time("privileges", user, changed)?;
            }
            AuditAction::UserNames => {
                self.rename(row)?;
                let known = self.change("UPDATE users SET version = version + 1 WHERE id = ?", [user])?;
                self.done.names += self.first_time("names", user, known)?;
            }
            AuditAction::KeyRetire => {
                let key = row.note.as_deref().and_then(|note| note.strip_prefix("key=")?.parse::<KeyId>().ok());
                let Some(key) = key else { return Ok(Err(TrailError::Note(row.seq))) };
                let sql = "UPDATE root_keys SET retired_ms = ?2, sealed = x'' WHERE id = ?1 AND retired_ms IS NULL";
                self.done.keys += self.change(sql, params![key.as_bytes(), row.at_ms])?;
            }
            AuditAction::StoreRestore => {
                if row.note.as_deref().is_some_and(|note| note.contains(REVOKE_ALL)) {
                    self.end_all(row.at_ms)?;
                }
            }
            AuditAction::TokenMint | AuditAction::TokenImport => self.done.lost_tokens += 1,
            AuditAction::UserAdd => {
                self.rename(row)?;
                self.done.lost_users += 1;
            }
            // What these did is not in the backup, or takes nothing away.
            AuditAction::TokenTemporary
            | AuditAction::TokenUpdate
            | AuditAction::TokenPurge
            | AuditAction::KeyAdd
            | AuditAction::KeyRewrap
            | AuditAction::LoginRefused
            | AuditAction::AuditCheckpoint
            | AuditAction::AuditArchive
            | AuditAction::StoreCopy => {}
        }
        Ok(Ok(()))
    }

    fn change(&self, sql: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<u64> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)? as u64)
    }

    /// 1 when something was changed of this user that was not changed before.
    fn first_time(&self, what: &str, user: Option<[u8; 16]>, changed: u64) -> rusqlite::Result<u64> {
        if changed == 0 {
            return Ok(0);
        }
        self.change("INSERT OR IGNORE INTO taken (what, id) VALUES (?, ?)", params![what, user])
    }

    /// Notes the name that an account got, and keeps the one that it lost. Rows of earlier versions do not tell them.
    fn rename(&mut self, row: &AuditRow) -> rusqlite::Result<()> {
        let Some(owner) = row.user.as_ref().map(UserId::as_bytes) else { return Ok(()) };
        if let Some(former) = row.noted(AuditEntry::FORMER_NAME) {
            names::keep(&self.connection, owner, former, row.at_ms)?;
        }
        if let Some(name) = row.noted(AuditEntry::NAME) {
            self.renamed.insert(*owner, name.to_owned());
        }
        Ok(())
    }

    fn revoke(&mut self, token: Option<&[u8]>) -> rusqlite::Result<()> {
        let sql = "INSERT OR IGNORE INTO taken (what, id, before) SELECT 'token', id, revoked_ms FROM tokens
                   WHERE id = ?1 AND coalesce(revoked_ms <> ?2, 1)";
        self.change(sql, params![token, Token::AT_ONCE])?;
        let sql = "UPDATE tokens SET revoked_ms = ?2 WHERE id = ?1 AND coalesce(revoked_ms <> ?2, 1)";
        self.done.revoked += self.change(sql, params![token, Token::AT_ONCE])?;
        Ok(())
    }

    fn block(&mut self, user: Option<[u8; 16]>) -> rusqlite::Result<()> {
        let sql = "UPDATE users SET blocked = 1, version = version + 1
                   WHERE id = ? AND blocked = 0 AND removed_ms IS NULL";
        let changed = self.change(sql, [user])?;
        self.first_time("user", user, changed)?;
        self.done.blocked += changed;
        Ok(())
    }

    /// Undoes what the replay did, and nothing that the backup says.
    fn give_back(&mut self, what: &'static str, id: Option<&[u8]>) -> rusqlite::Result<()> {
        let (undo, refused) = if what == "token" {
            let undo = "UPDATE tokens SET revoked_ms = (SELECT before FROM taken WHERE what = ?1 AND taken.id = ?2)
                        WHERE id = ?2 AND EXISTS (SELECT 1 FROM taken WHERE what = ?1 AND taken.id = ?2)";
            (undo, "SELECT 1 FROM tokens WHERE id = ? AND revoked_ms IS NOT NULL AND deleted_ms IS NULL")
        } else {
            let undo = "UPDATE users SET blocked = 0, version = version + 1
                        WHERE id = ?2 AND removed_ms IS NULL
                        AND EXISTS (SELECT 1 FROM taken WHERE what = ?1 AND taken.id = ?2)";
            (undo, "SELECT 1 FROM users WHERE id = ? AND blocked = 1 AND removed_ms IS NULL")
        };
        let undone = self.change(undo, params![what, id])?;
        if undone > 0 {
            self.change("DELETE FROM taken WHERE what = ? AND id = ?", params![what, id])?;
            let count = if what == "token" { &mut self.done.revoked } else { &mut self.done.blocked };
            *count = count.saturating_sub(undone);
        } else {
            self.done.kept_refused += u64::from(self.connection.prepare_cached(refused)?.exists([id])?);
        }
        Ok(())
    }

    pub(super) fn revoke_all(&mut self, now_ms: u64) -> rusqlite::Result<()> {
        self.everything = true;
        self.end_all(now_ms)
    }

    fn end_all(&mut self, now_ms: u64) -> rusqlite::Result<()> {
        let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > ?1, 1)
                   AND coalesce(expires_s > ?1 / 1000, 1)
                   AND user NOT IN (SELECT id FROM users WHERE blocked = 1 OR removed_ms IS NOT NULL)";
        self.done.revoked += self.connection.prepare(sql)?.query_row([now_ms], |row| row.get::<_, u64>(0))?;
        let sql = "UPDATE tokens SET revoked_ms = ?1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> ?1, 1)";
        self.change(sql, [Token::AT_ONCE])?;
        let sql = "UPDATE users SET generation = generation + ?, version = version + 1 WHERE removed_ms IS NULL";
        self.done.generations += self.change(sql, [BEYOND_ALL_GENERATIONS])?;
        self.change("DELETE FROM taken WHERE what = 'token'", [])?;
        Ok(())
    }
}
