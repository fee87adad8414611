//! The transaction that the writer puts together, and what is known in it: who may write, and where the audit rows end.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, Statement, params};

use crate::answers::Responder;
use crate::caller::Account;
use crate::sql::good_token;
use crate::{Actor, Caller, Lost};
use zonemint_base::model::{Parent, Privileges, Token, UserId};

/// Number and hash of an audit row.
pub(super) type AuditHead = (u64, [u8; 32]);

/// A token that is to be added.
pub(super) struct Mint {
    pub(super) token: Token,
    pub(super) by: Actor,
    pub(super) at_ms: u64,
    pub(super) responder: Responder,
}

/// The transaction that a job runs in.
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    /// When it began, in milliseconds since the Unix epoch.
    now_ms: u64,
    /// The last audit row, once it has been looked up in this transaction.
    head: Option<AuditHead>,
    /// Who was found to be active in this transaction, and was not changed since: tokens of one user often come together.
    active: Option<UserId>,
    /// Whose rights were found to hold in this transaction, in which nothing was announced since.
    authorised: Option<Caller>,
    at_hand: Vec<(&'static str, CachedStatement<'a>)>,
    /// Tokens that are still to be written.
    pub(super) minted: Vec<Mint>,
}

impl<'a> Batch<'a> {
    /// Begins at a moment, in milliseconds since the Unix epoch.
    pub(super) fn new(connection: &'a Connection, now_ms: u64) -> Self {
        let (at_hand, minted) = (Vec::new(), Vec::new());
        Self { connection, now_ms, head: None, active: None, authorised: None, at_hand, minted }
    }

    /// The connection, inside the transaction.
    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// A statement that many jobs of one transaction run, and that stays prepared from one to the next: to look for it in the
    /// connection's cache, its whole text is hashed and compared each time.
    pub(super) fn at_hand(&mut self, sql: &'static str) -> rusqlite::Result<&mut Statement<'a>> {
        let found = self.at_hand.iter().position(|(text, _)| std::ptr::eq(*text, sql));
        let at = found.unwrap_or(self.at_hand.len());
        if found.is_none() {
            self.at_hand.push((sql, self.connection.prepare_cached(sql)?));
        }
        Ok(&mut self.at_hand[at].1)
    }

    /// What the caller of a write has lost that the write needs. The operator and the server itself need nothing.
    pub(super) fn lost(&mut self, by: &Actor) -> rusqlite::Result<Option<Lost>> {
        let Some(caller) = by.caller() else { return Ok(None) };
        if caller.is_over(self.now_ms) {
            return Ok(Some(Lost::Token));
        }
        if self.authorised == Some(caller.entitlement()) {
            return Ok(None);
        }
        let sql = "SELECT password_version, generation, privileges, must_change FROM users
                   WHERE id = ? AND removed_ms IS NULL AND blocked = 0";
        let account = self
            .connection
            .prepare_cached(sql)?
            .query_row([caller.user().as_bytes()], |row| {
                let privileges =
                    if caller.needs_privileges() { privileges(row, 2)?.unwrap_or_default() } else { Privileges::NONE };
                let (password_version, generation, must_change) = (row.get(0)?, row.get(1)?, row.get(3)?);
                Ok(Account { password_version, must_change, generation, privileges })
            })
            .optional()?;
        let other = caller.outranks().map_or(Ok(Privileges::NONE), |other| self.privileges_of(other))?;
        if let Some(lost) = caller.lost_with(account.as_ref(), other) {
            return Ok(Some(lost));
        }
        if let Some(id) = caller.token().and_then(Parent::token) {
            let sql = concat!("SELECT 1 FROM tokens WHERE id = ? AND user = ? AND ", good_token!("?"));
            let owner = caller.user();
            let keys = params![id.as_bytes(), owner.as_bytes(), self.now_ms];
            if !self.connection.prepare_cached(sql)?.exists(keys)? {
                return Ok(Some(Lost::Token));
            }
        }
        (self.authorised, self.active) = (Some(caller.entitlement()), Some(caller.user()));
        Ok(None)
    }

    /// Of an account, blocked ones too.
    fn privileges_of(&self, user: UserId) -> rusqlite::Result<Privileges> {
        let mut statement = self.connection.prepare_cached("SELECT privileges FROM users WHERE id = ?")?;
        let found = statement.query_row([user.as_bytes()], |row| privileges(row, 0)).optional()?;
        // What cannot be read may be anything.
        Ok(found.map_or(Privileges::NONE, |read| read.unwrap_or_else(Privileges::all)))
    }

    /// Whether a user is there and not blocked.
    pub(super) fn is_active(&mut self, user: UserId) -> rusqlite::Result<bool> {
        if self.active != Some(user) {
            let sql = "SELECT 1 FROM users WHERE id = ? AND removed_ms IS NULL AND blocked = 0";
            if !self.connection.prepare_cached(sql)?.exists([user.as_bytes()])? {
                return Ok(false);
            }
            self.active = Some(user);
        }
        Ok(true)
    }

    /// Forgets whose rights hold, and who is active: something was announced.
    pub(super) fn forget_callers(&mut self) {
        (self.active, self.authorised) = (None, None);
    }

    /// Number and hash of the last audit row, once it has been looked up.
    pub(super) fn head(&self) -> Option<AuditHead> {
        self.head
    }

    /// Notes the last audit row.
    pub(super) fn ends_at(&mut self, head: AuditHead) {
        self.head = Some(head);
    }

    /// Goes back to a last audit row: what came after it was undone.
    pub(super) fn undone_to(&mut self, head: Option<AuditHead>) {
        self.head = head;
        self.forget_callers();
    }

    /// Forgets where the audit rows end: some were written without [`Batch::append_all`].
    pub(super) fn forget_head(&mut self) {
        self.head = None;
    }
}

/// None where they cannot be read.
pub(super) fn privileges(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Privileges>> {
    Ok(row.get_ref(at)?.as_str()?.parse().ok())
}
