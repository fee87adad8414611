//! Where users, tokens, sealed keys, changes and audit rows are kept: one trait, one engine a folder.
//!
//! Each method is one atomic unit; when it has answered `Ok`, what it did is durable. Nothing above this module knows which
//! engine there is, and no SQL stands outside it. Keys arrive here sealed: this module never sees a secret that it could
//! use.
//!
//! Where the next thing goes: an operation is a method of [`Store`], in each engine, and a case in the contract suite
//! (`tests/it/store_contract.rs`), which every engine must pass.

mod audit;
mod follower;
pub mod sqlite;

use async_trait::async_trait;

pub use audit::{AuditAction, AuditRow};
pub use follower::{Follower, Forget, Freshness};

use crate::model::{KeyId, PasswordHash, Token, TokenId, User, UserId, UserName};

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// More work is queued than is allowed; asking again a little later helps.
    #[error("the store has more work queued than it accepts")]
    Overloaded,
    /// The engine failed: disk full, input/output error, lock not to be had. Nothing of the operation was kept.
    #[error("the store cannot do this now")]
    Unavailable(#[source] EngineError),
    /// What was read back is not what this program writes.
    #[error("the store holds a {what} that cannot be read")]
    Corrupt {
        /// The kind of record.
        what: &'static str,
    },
}

/// The engine's own account of a failure. For the log, never for a client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

/// Who did what is being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A user, through the API.
    User(UserId),
    /// Whoever runs the command line on the server's machine.
    Operator,
    /// The server itself, as when it makes its first key.
    System,
}

/// What came of adding a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is durable.
    Stored,
    /// Its owner has another token of that name that is not revoked.
    NameTaken,
    /// Its owner is blocked or gone.
    OwnerGone,
}

/// What came of adding a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Added {
    /// It is durable.
    Stored,
    /// There is a user of that name.
    NameTaken,
}

/// Whether there was something to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Changed {
    /// It is changed.
    Done,
    /// There is nothing of that identity, or not in a state to be changed so.
    NotFound,
}

/// A root key as it is kept: sealed under a key-encryption key that the store does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The root key's id.
    pub id: KeyId,
    /// Which key-encryption key opens it.
    pub sealed_by: KeyId,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_ms: u64,
}

/// What a follower of the change feed must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One token was revoked.
    Token(TokenId),
    /// A user was changed, blocked or removed.
    User(UserId),
    /// The keyring was changed.
    Keys,
}

/// One row of the change feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Rises with every change.
    pub seq: u64,
    /// What was changed.
    pub subject: Subject,
}

/// How a user is changed. Each raises the user's version.
#[derive(Debug, Clone)]
pub enum UserChange {
    /// A new password.
    Password(PasswordHash),
    /// Neither sign-in nor tokens work from now on.
    Block,
    /// Undoes [`UserChange::Block`].
    Unblock,
    /// Ends the account for good. Its name is free again, its tokens are refused for ever.
    Remove,
}

/// The port. Times are milliseconds since the Unix epoch.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Adds a token and its audit row.
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError>;
    /// Reads one token, revoked or not.
    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Reads a user's tokens that are not revoked, newest first, at most `limit`, older than `before` when given.
    async fn tokens_of(&self, user: UserId, before: Option<TokenId>, limit: usize) -> Result<Vec<Token>, StoreError>;
    /// Revokes a token of `owner`. [`Changed::NotFound`] when there is none, or it is revoked already.
    async fn revoke_token(&self, owner: UserId, id: TokenId, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;

    /// Adds a user.
    async fn insert_user(&self, user: User, by: Actor) -> Result<Added, StoreError>;
    /// Reads a user that is not removed.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// Reads a user by name.
    async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError>;
    /// Reads users in the order of their names, at most `limit`, after `after` when given.
    async fn users(&self, after: Option<UserName>, limit: usize) -> Result<Vec<User>, StoreError>;
    /// Changes a user. [`Changed::NotFound`] when there is none, or a block changes nothing.
    async fn change_user(&self, id: UserId, change: UserChange, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;

    /// Reads the keyring, newest key first.
    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError>;
    /// Adds a key, unless there is one already: of two first starts one wins, and both use its key.
    async fn insert_first_key(&self, key: SealedKey) -> Result<(), StoreError>;

    /// The number of the newest change; 0 when there has been none.
    async fn last_change(&self) -> Result<u64, StoreError>;
    /// Reads changes after `seq`, oldest first, at most `limit`.
    async fn changes_since(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError>;
    /// Reads audit rows after `seq`, oldest first, at most `limit`.
    async fn audit_since(&self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError>;
    /// Finishes what is queued and closes files. Later calls fail.
    async fn close(&self);
}
