//! Where users, tokens, sealed keys, changes and audit rows are kept: one trait, one engine a folder.
//!
//! Each method is one atomic unit; when it has answered `Ok`, what it did is durable. Nothing above this module knows which
//! engine there is, and no SQL stands outside it. Keys arrive here sealed: this module never sees a secret that it could
//! use.
//!
//! Where the next thing goes: a write is a line in the table of `command`, and a read is a method of [`Store`]. Both have a case in
//! the contract suite (`tests/it/store_contract/`), which every engine must pass.

mod address;
mod answers;
mod audit;
mod caller;
mod chain;
mod columns;
mod command;
mod commits;
pub mod copy;
mod database_clock;
mod descendants;
mod feed;
mod follower;
mod loss;
mod outcome;
pub mod postgres;
mod read_limit;
mod read_through;
mod readiness;
mod reads;
pub mod replay;
mod settings;
pub mod sqlite;
mod statements;
mod transfer;
mod user_change;
mod user_names;
mod write_proof;

use std::time::Duration;

use async_trait::async_trait;

pub use address::Address;
pub use audit::{AuditAction, AuditEntry, AuditRow};
pub use caller::{Actor, Caller, Lost, Origin, Way};
pub use chain::{Chain, Head};
pub(crate) use command::{Command, Outcome, Stamp};
pub use database_clock::{DatabaseClock, Severity, Skew};
pub use descendants::{Ancestors, Descendants, Doomed, Kin, Page, revoke as revoke_descendants};
pub use feed::{Change, Cursor, FeedPage, Position, Source, delete_old_changes};
pub use follower::{CannotFollow, Follower, Forget, Freshness};
pub use loss::{Break, BreakReason, LostWrites};
pub use outcome::{Added, Changed, EngineError, Inserted, StoreError};
pub use read_limit::as_one_read;
pub use read_through::ReadThrough;
pub use readiness::{NotReady, Readiness, Ready};
pub(crate) use reads::{Dump, Family, TokenList, UserKey};
pub use replay::{Effect, Replayed, TrailError};
pub use settings::{Settings, Tls};
pub use transfer::{
    AddressHash, FormerName, Mark, ParentRow, ResetLink, Rows, SeenAddress, TokenRow, UserRow, UsesRow,
};
pub use user_change::UserChange;
pub use write_proof::{Proven, WriteProof};

use crate::model::{KeyId, Token, TokenId, TokenName, User, UserId, UserName};
use crate::telemetry::Exposition;

/// Which tables a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// None yet.
    Empty,
    /// Those of an older program: the next start brings them up to date.
    Older,
    /// Those of this one.
    Present,
    /// Those of a newer one, which this one cannot work with.
    Newer,
}

/// A root key as it is kept: sealed under a key-encryption key that the store does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The root key's id.
    pub id: KeyId,
    /// Which key-encryption key opens it.
    pub sealed_by: KeyId,
    /// Nonce and ciphertext; empty once the key is retired.
    pub sealed: Vec<u8>,
    /// Its place in the order of keys: tokens are made with the one of the highest number. None until the store gives it one, and for
    /// a key that a node of the version before has added since: these come last.
    pub number: Option<u64>,
    /// When it was made, in milliseconds since the Unix epoch, by the database's clock where nodes share one.
    pub created_ms: u64,
    /// When it was retired: its tokens are refused for good.
    pub retired_ms: Option<u64>,
}

impl SealedKey {
    /// A key that is made now, and has no number yet.
    #[must_use]
    pub fn new(id: KeyId, sealed_by: KeyId, sealed: Vec<u8>, created_ms: u64) -> Self {
        Self { id, sealed_by, sealed, number: None, created_ms, retired_ms: None }
    }
}

/// A secret of a token of another service, sealed under a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The token.
    pub token: TokenId,
    /// Which key-encryption key opens it.
    pub sealed_by: KeyId,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}

/// What takes the place of something sealed, if that is still sealed by `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed<T> {
    /// The key-encryption key that it was opened with.
    pub from: KeyId,
    /// The same, sealed by another one.
    pub to: T,
}

/// What came of looking for expired tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many have left.
    pub removed: usize,
    /// Where to look on; none when all have been looked at.
    pub next: Option<TokenId>,
}

/// What a follower of the change feed must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// One token was changed, revoked or deleted.
    Token(TokenId),
    /// A user was changed, blocked or removed.
    User(UserId),
    /// The keyring was changed.
    Keys,
    /// User names are compared in another way. Nodes of the version before cannot read this, and are not ready from then on.
    Names,
    /// Changes were missed that cannot be read any more: anything may have been changed. Never in the feed itself.
    Everything,
}

/// How a token is changed; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenChange {
    /// Another name.
    pub name: Option<TokenName>,
    /// Its owner's notes, whole: the text of a JSON object.
    pub metadata: Option<String>,
    /// Whether it is revoked. Its owner may take that back; only a deleted token stays refused for ever.
    pub revoked: Option<bool>,
}

/// What becomes of a token that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Which one.
    pub id: TokenId,
    /// What it is called from then on.
    pub name: Option<TokenName>,
    /// From when on it is refused, as in [`Token::revoked_ms`].
    pub revoked_ms: u64,
}

/// Which of a user's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them, and once there are no more, the temporary ones too: their generation is ended in the same transaction.
    All,
    /// Those made before a moment, in milliseconds since the Unix epoch.
    IssuedBefore(u64),
    /// Those of these identifiers.
    Ids(Vec<TokenId>),
}

impl Which {
    /// Whether the generation of the owner's temporary tokens ends, once so many of at most `limit` tokens were revoked.
    fn ends_generation(&self, revoked: usize, limit: usize) -> bool {
        *self == Self::All && revoked < limit
    }
}

/// What a token is good for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// Neither revoked nor expired.
    Active,
    /// Revoked, expired or not.
    Revoked,
    /// Not revoked, but its time is over.
    Expired,
}

/// How often tokens of an account were used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfUses {
    /// Whose tokens.
    pub owner: UserId,
    /// In days since the Unix epoch.
    pub day: u32,
    /// How often.
    pub count: u64,
}

/// Which tokens a page shows. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// In which state, at which moment in seconds since the Unix epoch.
    pub state: Option<(TokenState, u64)>,
    /// Whose name holds this text; the case of ASCII letters does not count.
    pub name: Option<String>,
    /// Which end before this moment, in seconds since the Unix epoch.
    pub expires_before: Option<u64>,
    /// Which were made at this moment or later, in milliseconds since the Unix epoch.
    pub created_from: Option<u64>,
}

/// Where a listing of users goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterUser {
    /// The name of the last one seen.
    pub name: Option<UserName>,
    /// Its identifier.
    pub id: UserId,
}

/// The port. Times are milliseconds since the Unix epoch, unless they say otherwise. A deleted token is not there for any
/// method.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Adds a token and its audit row.
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError>;
    /// Does a write with its audit rows and its changes, if whoever asks for it may still have it done. Each command has a method of
    /// its own, which calls this.
    async fn write(&self, command: Command, stamp: Stamp) -> Result<Outcome, StoreError>;
    /// Reads one token, revoked or not.
    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Reads a user's token by its name.
    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError>;
    /// Reads some of a user's tokens, at most `limit`.
    async fn list_tokens(&self, user: UserId, list: TokenList, limit: usize) -> Result<Vec<Token>, StoreError>;
    /// Reads the identifiers of all tokens that have a name and somebody they belong to, at most `limit`, after `after`
    /// when given.
    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError>;
    /// Reads members of a family of tokens.
    async fn family(&self, family: Family) -> Result<Vec<Kin>, StoreError>;
    /// Sums up what all processes have noted of an account's tokens, from a day on, by the day; days without use are left out.
    async fn uses_of(&self, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, StoreError>;
    /// Where an account has signed in, in no order.
    async fn known_addresses(&self, owner: UserId) -> Result<Vec<SeenAddress>, StoreError>;

    /// Reads a user that is not removed.
    async fn find_user(&self, key: UserKey) -> Result<Option<User>, StoreError>;
    /// Reads users and services in the order of their names, those without a name first, at most `limit`.
    async fn users(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError>;
    /// Reads the names that an account has no more, the one that it had first in front.
    async fn former_names(&self, owner: UserId) -> Result<Vec<FormerName>, StoreError>;

    /// Reads the keyring with the retired keys, in the order of their numbers, the last one first.
    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError>;
    /// Reads secrets of other services' tokens that are not sealed by `current`, at most `limit`, after `after`.
    async fn secrets_not_under(
        &self,
        current: KeyId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<SealedSecret>, StoreError>;
    /// Counts the tokens made with a root key that are neither revoked nor expired at a moment. Reads all tokens.
    async fn tokens_under(&self, key: KeyId, at_ms: u64) -> Result<u64, StoreError>;

    /// The chain that this process writes.
    fn chain(&self) -> Chain;
    /// Where the change feed ends now.
    async fn feed_end(&self) -> Result<Position, StoreError>;
    /// Reads where the change feed ends and what follows a position, at most `limit` changes. Less than `limit` are all. Whether the
    /// position is still in the feed, [`Position::compare`] and [`Position::see`] tell.
    async fn read_feed(&self, position: &Position, limit: usize) -> Result<FeedPage, StoreError>;
    /// Ends when there may be news in the feed. It may end too often, or never: the feed is to be read now and then.
    async fn hinted(&self) {
        std::future::pending::<()>().await;
    }

    /// Where each chain of audit rows ends, in the order of their names.
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;
    /// Reads a chain's audit rows after `seq`, oldest first, at most `limit`.
    async fn audit_after(&self, chain: &Chain, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError>;

    /// Looks for what is wrong with the data: damage, and what refers to nothing. Each finding is a sentence. Reads everything.
    async fn check(&self) -> Result<Vec<String>, StoreError>;

    /// Reads whole records, at most `limit`.
    async fn dump(&self, dump: Dump, limit: usize) -> Result<Rows, StoreError>;
    /// Reads a mark.
    async fn mark(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// How long one read is waited for; none where the store is on this machine.
    fn read_limit(&self) -> Option<Duration> {
        None
    }
    /// The clock of the database that nodes share; none where the store is on this machine.
    fn database_clock(&self) -> Option<&DatabaseClock> {
        None
    }
    /// Shows that a mint would be stored, by a transaction that inserts what a mint does and takes it back, unless a mint has become
    /// durable a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when it would not be, or not within the time that a mint has.
    async fn prove(&self) -> Result<(), StoreError>;
    /// For how long nothing has become durable that was to: a transaction is under way, or the last one failed. None when the last
    /// one has succeeded.
    fn stalled(&self) -> Option<Duration>;
    /// Tells how its transactions go, and who waits for one.
    fn measure(&self, into: &mut Exposition);
    /// Finishes what is queued and closes files. Later calls fail.
    async fn close(&self);
}
