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
mod batch_size;
mod caller;
mod chain;
mod columns;
mod command;
mod commits;
pub mod copy;
mod counts;
mod database_clock;
mod descendants;
mod effect;
mod feed;
mod follower;
mod kin;
mod loss;
mod outcome;
pub mod postgres;
mod queries;
mod read_limit;
mod read_through;
mod readiness;
mod reads;
mod records;
pub mod replay;
mod retention;
mod row;
mod rows;
mod schema;
mod sealed;
mod selection;
mod settings;
mod sql;
pub mod sqlite;
mod statements;
mod token_change;
mod topic;
mod transaction;
mod transfer;
mod user_change;
mod user_names;
mod write_proof;
mod writes;

use std::time::Duration;

use async_trait::async_trait;

pub use address::Address;
pub use audit::{AuditAction, AuditEntry, AuditRow};
pub use batch_size::{BATCH_SIZE, LOOK_SIZE, PAGE_SIZE};
pub use caller::{Actor, Caller, Lost, Origin, Way};
pub use chain::{Chain, Head};
pub(crate) use command::{Command, Outcome, Stamp};
pub use counts::{CountedTokens, DayOfUses, Purged, TokenCount};
pub use database_clock::{DatabaseClock, Severity, Skew};
pub use descendants::revoke as revoke_descendants;
pub use effect::{BEYOND_ALL_GENERATIONS, Effect};
pub use feed::{Change, Cursor, FeedPage, Position, Source};
pub use follower::{CannotFollow, Follower, Forget, Freshness};
pub use kin::{Ancestors, Descendants, Doomed, Kin, Page};
pub use loss::{Break, BreakReason, LostWrites};
pub use outcome::{Added, Changed, EngineError, Inserted, StoreError};
pub(crate) use queries::{Dump, Family, TokenList, UserKey};
pub use read_limit::as_one_read;
pub use read_through::ReadThrough;
pub use readiness::{NotReady, Readiness, Ready};
pub use replay::{Replayed, TrailError};
pub use retention::delete_old_changes;
pub use rows::Rows;
pub use schema::Schema;
pub use sealed::{Resealed, SealedKey, SealedSecret};
pub use selection::{AfterUser, TokenFilter, TokenPage, TokenState, Which};
pub use settings::{Settings, Tls};
pub use token_change::{Rotated, TokenChange};
pub use topic::Topic;
pub use transfer::{AddressHash, FormerName, Mark, ParentRow, ResetLink, SeenAddress, TokenRow, UserRow, UsesRow};
pub use user_change::UserChange;
pub use write_proof::{Proven, WriteProof};

use zonemint_base::model::{KeyId, Token, TokenId, TokenName, User, UserId};
use zonemint_telemetry::Exposition;

/// The port. Times are milliseconds since the Unix epoch, unless they say otherwise. A deleted token is not there for any
/// method.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Adds a token and its audit row.
    async fn insert_token(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError>;
    /// Does a write with its audit rows and its changes, if the caller still has the right to it. Each command has a method of
    /// its own, which calls this.
    async fn write(&self, command: Command, stamp: Stamp) -> Result<Outcome, StoreError>;
    /// Reads one token, revoked or not.
    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Reads a user's token by its name.
    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError>;
    /// Reads some of a user's tokens, at most `limit`.
    async fn list_tokens(&self, user: UserId, list: TokenList, limit: usize) -> Result<TokenPage, StoreError>;
    /// Reads the identifiers of all tokens that have a name and somebody they belong to, at most `limit`, after `after`
    /// when given.
    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError>;
    /// Reads members of a family of tokens.
    async fn family(&self, family: Family) -> Result<Vec<Kin>, StoreError>;
    /// Counts good tokens of a user at a moment, newest first, older than `before`, of `look` at most.
    async fn count_tokens(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        look: usize,
    ) -> Result<CountedTokens, StoreError>;
    /// Which of these accounts have more than so many tokens in the store, ended and deleted ones too. Reads no more of each.
    async fn large_accounts(&self, owners: Vec<UserId>, more_than: usize) -> Result<Vec<UserId>, StoreError>;
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
    /// Waits until the feed may have changes. It may return too often, or never: callers read the feed at intervals, too.
    async fn wait_for_change_hint(&self) {
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
    /// Proves that a mint would be stored: a transaction inserts what a mint inserts and takes it back. Does nothing if a mint became
    /// durable within the last two seconds.
    ///
    /// # Errors
    /// [`StoreError`] when it would not be, or not within the time that a mint has.
    async fn prove(&self) -> Result<(), StoreError>;
    /// For how long nothing has become durable that was to: a transaction is under way, or the last one failed. None when the last
    /// one has succeeded.
    fn stalled(&self) -> Option<Duration>;
    /// Adds the metrics of its transactions, and how many writes wait for one.
    fn measure(&self, into: &mut Exposition);
    /// Finishes what is queued and closes files. Later calls fail.
    async fn close(&self);
}
