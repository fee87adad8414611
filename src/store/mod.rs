//! Where users, tokens, sealed keys, changes and audit rows are kept: one trait, one engine a folder.
//!
//! Each method is one atomic unit; when it has answered `Ok`, what it did is durable. Nothing above this module knows which
//! engine there is, and no SQL stands outside it. Keys arrive here sealed: this module never sees a secret that it could
//! use.
//!
//! Where the next thing goes: an operation is a method of [`Store`], in each engine, and a case in the contract suite
//! (`tests/it/store_contract/`), which every engine must pass.

mod address;
mod audit;
mod caller;
mod chain;
mod columns;
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
pub mod replay;
mod settings;
pub mod sqlite;
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
pub use database_clock::{DatabaseClock, Severity, Skew};
pub use descendants::{Ancestors, Descendants, Doomed, Kin, Page, revoke as revoke_descendants};
pub use feed::{Change, Cursor, FeedPage, Position, Source};
pub use follower::{CannotFollow, Follower, Forget, Freshness};
pub use loss::{Break, BreakReason, LostWrites};
pub use outcome::{Added, Changed, EngineError, Inserted, StoreError};
pub use read_limit::as_one_read;
pub use read_through::ReadThrough;
pub use replay::{Effect, Replayed, TrailError};
pub use settings::{Settings, Tls};
pub use transfer::{
    AddressHash, FormerName, Mark, ParentRow, ResetLink, Rows, SeenAddress, TokenRow, UserRow, UsesRow,
};
pub use user_change::UserChange;
pub use write_proof::{Proven, WriteProof};

use crate::model::{KeyId, Parent, Token, TokenId, TokenName, TokenUse, User, UserId, UserName};
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
    /// Adds tokens that another service made, all or none: none, unless every answer is [`Inserted::Stored`].
    async fn import_tokens(&self, tokens: Vec<Token>, by: Actor, at_ms: u64) -> Result<Vec<Inserted>, StoreError>;
    /// Writes the audit row of a temporary token, of which nothing else is kept.
    async fn record_temporary(
        &self,
        user: UserId,
        id: TokenId,
        generation: u64,
        by: Actor,
        at_ms: u64,
    ) -> Result<Inserted, StoreError>;
    /// Reads one token, revoked or not.
    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Reads a user's token by its name.
    async fn token_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError>;
    /// Reads a user's client tokens that are not revoked at a moment, newest first, at most `limit`, older than `before`.
    async fn tokens_of(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError>;
    /// Reads a user's tokens of all kinds that pass a filter, newest first, at most `limit`, older than `before`.
    async fn page_of_tokens(
        &self,
        user: UserId,
        filter: TokenFilter,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError>;
    /// Reads a user's tokens that have a name, in the order of their names, at most `limit`, after `after` when given.
    async fn named_tokens_of(
        &self,
        user: UserId,
        after: Option<TokenName>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError>;
    /// Reads the identifiers of all tokens that have a name and somebody they belong to, at most `limit`, after `after`
    /// when given.
    async fn named_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError>;
    /// Changes a token of `owner`.
    async fn change_token(
        &self,
        owner: UserId,
        id: TokenId,
        change: TokenChange,
        by: Actor,
        at_ms: u64,
    ) -> Result<Changed, StoreError>;
    /// Deletes a token of `owner`: it is refused for ever.
    async fn delete_token(&self, owner: UserId, id: TokenId, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;
    /// Adds a token in the place of another one of its owner, which gets another name and is revoked from a moment on, or
    /// from the earlier one that it was to be revoked from already.
    async fn rotate_token(&self, old: Rotated, new: Token, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;
    /// Deletes tokens of `owner` that have a name, at most `limit`; says which.
    async fn delete_named_tokens(
        &self,
        owner: UserId,
        limit: usize,
        by: Actor,
        at_ms: u64,
    ) -> Result<Vec<TokenId>, StoreError>;
    /// Revokes tokens of `owner` that are not revoked, at once ([`Token::AT_ONCE`]), at most `limit`; says which.
    async fn revoke_tokens(
        &self,
        owner: UserId,
        which: Which,
        limit: usize,
        by: Actor,
        at_ms: u64,
    ) -> Result<Vec<TokenId>, StoreError>;
    /// Reads a page of the tokens that any of `parents` minted, deleted ones too.
    async fn minted_by(&self, parents: Vec<Parent>, page: Page) -> Result<Vec<Kin>, StoreError>;
    /// Reads which generations of temporary tokens hold some that any of `parents` minted.
    async fn temporary_minted_by(&self, parents: Vec<Parent>) -> Result<Vec<Kin>, StoreError>;
    /// Reads a page of a user's tokens, deleted ones too.
    async fn tokens_among(&self, owner: UserId, which: Which, page: Page) -> Result<Vec<Kin>, StoreError>;
    /// Reads which of a user's generations of temporary tokens are ended and have minted something.
    async fn ended_generations(&self, owner: UserId) -> Result<Vec<Kin>, StoreError>;
    /// Revokes tokens at once ([`Token::AT_ONCE`]) and ends generations of temporary tokens, because they are descendants.
    async fn revoke_descendants(&self, doomed: Doomed, at_ms: u64) -> Result<Descendants, StoreError>;
    /// Writes when tokens were last used. A use before one that is written changes nothing.
    async fn touch_tokens(&self, used: Vec<TokenUse>) -> Result<(), StoreError>;
    /// Adds to what this process has noted of how often tokens were used; nothing for accounts that are not there.
    async fn add_uses(&self, uses: Vec<DayOfUses>) -> Result<(), StoreError>;
    /// Sums up what all processes have noted of an account's tokens, from a day on, by the day; days without use are left out.
    async fn uses_of(&self, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, StoreError>;
    /// Takes away what was noted before a day, at most `limit` rows; says how many.
    async fn purge_uses(&self, before_day: u32, limit: usize) -> Result<usize, StoreError>;
    /// Where an account has signed in, in no order.
    async fn known_addresses(&self, owner: UserId) -> Result<Vec<SeenAddress>, StoreError>;
    /// Notes where an account has signed in. `former` are other hashes of the same address, which go. So does what was last seen at
    /// `oldest_ms` or before, and all but the newest `most`.
    async fn note_address(
        &self,
        seen: SeenAddress,
        former: Vec<AddressHash>,
        oldest_ms: u64,
        most: usize,
    ) -> Result<(), StoreError>;
    /// Deletes up to `limit` addresses that were last seen before a moment; returns how many.
    async fn purge_addresses(&self, before_ms: u64, limit: usize) -> Result<usize, StoreError>;

    /// Adds a user.
    async fn insert_user(&self, user: User, by: Actor) -> Result<Added, StoreError>;
    /// Adds users, all or none: none, unless every answer is [`Added::Stored`].
    async fn import_users(&self, users: Vec<User>, by: Actor, at_ms: u64) -> Result<Vec<Added>, StoreError>;
    /// Reads a user that is not removed.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// Reads a user by name, in a marked store by one that differs in case only, too.
    async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError>;
    /// Reads the user whose password the link of this hash sets at a moment.
    async fn user_by_reset_link(&self, hash: [u8; 32], at_ms: u64) -> Result<Option<User>, StoreError>;
    /// Reads users and services in the order of their names, those without a name first, at most `limit`.
    async fn users(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError>;
    /// Reads the names that an account has no more, the one that it had first in front.
    async fn former_names(&self, owner: UserId) -> Result<Vec<FormerName>, StoreError>;
    /// Changes a user. [`Changed::NotFound`] when there is none, or the change changes nothing.
    async fn change_user(&self, id: UserId, change: UserChange, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;
    /// Whether user names are compared without case: the store is marked.
    async fn ignores_case(&self) -> Result<bool, StoreError> {
        Ok(self.mark(user_names::MARK).await?.is_some())
    }
    /// Writes names of accounts, and former ones, as they are folded, if they are still the names. Nothing of it counts before
    /// [`Store::ignore_case`]. [`Changed::NameTaken`] when two of them fold alike; nothing was written then.
    async fn fold_names(&self, names: Vec<(UserId, UserName)>, former: Vec<FormerName>) -> Result<Changed, StoreError>;
    /// Marks the store, and folds the few names that are not yet. [`Changed::NotFound`] when these are many, [`Changed::NameTaken`]
    /// when two names fold alike; nothing was changed then.
    async fn ignore_case(&self, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;

    /// Reads the keyring with the retired keys, in the order of their numbers, the last one first.
    async fn keys(&self) -> Result<Vec<SealedKey>, StoreError>;
    /// Adds a key, unless there is one already: of two first starts one wins, and both use its key.
    async fn insert_first_key(&self, key: SealedKey) -> Result<(), StoreError>;
    /// Adds a key to those that there are, as the last one in their order.
    async fn add_key(&self, key: SealedKey, by: Actor) -> Result<(), StoreError>;
    /// Makes a key the last one in the order of keys. [`Changed::NotFound`] when it is retired, or not there.
    async fn put_key_last(&self, id: KeyId, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;
    /// Retires a key for good. [`Changed::NotFound`] when it is retired already, or the only one that is not.
    async fn retire_key(&self, id: KeyId, by: Actor, at_ms: u64) -> Result<Changed, StoreError>;
    /// Seals root keys anew; says how many were still sealed as expected.
    async fn reseal_keys(&self, keys: Vec<Resealed<SealedKey>>, by: Actor, at_ms: u64) -> Result<usize, StoreError>;
    /// Reads secrets of other services' tokens that are not sealed by `current`, at most `limit`, after `after`.
    async fn secrets_not_under(
        &self,
        current: KeyId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<SealedSecret>, StoreError>;
    /// Seals such secrets anew; says how many were still sealed as expected.
    async fn reseal_secrets(
        &self,
        secrets: Vec<Resealed<SealedSecret>>,
        by: Actor,
        at_ms: u64,
    ) -> Result<usize, StoreError>;
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
    /// Takes changes before a moment away, at most `limit`, but never the last one of a chain; says how many.
    async fn purge_changes(&self, before_ms: u64, limit: usize) -> Result<usize, StoreError>;

    /// Where each chain of audit rows ends, in the order of their names.
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;
    /// Reads a chain's audit rows after `seq`, oldest first, at most `limit`.
    async fn audit_after(&self, chain: &Chain, seq: u64, limit: usize) -> Result<Vec<AuditRow>, StoreError>;
    /// Appends audit rows to the chain of this process, if whoever the first one is by may still have it done.
    async fn append_audit(&self, entries: Vec<AuditEntry>, at_ms: u64) -> Result<(), StoreError>;
    /// Deletes a chain's audit rows with numbers below `seq`, the oldest first, at most `limit`; says how many.
    async fn delete_audit(&self, chain: &Chain, seq: u64, limit: usize) -> Result<usize, StoreError>;

    /// Takes away tokens that ended before a moment, in seconds since the Unix epoch. Looks at `scan` tokens after `after`, in
    /// the store's own order.
    async fn purge_tokens(
        &self,
        ended_before_s: u64,
        after: Option<TokenId>,
        scan: usize,
        at_ms: u64,
    ) -> Result<Purged, StoreError>;
    /// Looks for what is wrong with the data: damage, and what refers to nothing. Each finding is a sentence. Reads everything.
    async fn check(&self) -> Result<Vec<String>, StoreError>;

    /// Reads whole users, at most `limit`, after `after`, in the store's own order.
    async fn dump_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<UserRow>, StoreError>;
    /// Reads whole tokens, at most `limit`, after `after`, in the store's own order.
    async fn dump_tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenRow>, StoreError>;
    /// Reads whole rows of uses, at most `limit`, after `after`, in the store's own order.
    async fn dump_uses(&self, after: Option<UsesRow>, limit: usize) -> Result<Vec<UsesRow>, StoreError>;
    /// The same of addresses.
    async fn dump_addresses(&self, after: Option<SeenAddress>, limit: usize) -> Result<Vec<SeenAddress>, StoreError>;
    /// The same of former names.
    async fn dump_names(&self, after: Option<FormerName>, limit: usize) -> Result<Vec<FormerName>, StoreError>;
    /// Reads which tokens have made temporary ones, at most `limit` rows, after `after`, in the store's own order.
    async fn dump_parents(&self, after: Option<ParentRow>, limit: usize) -> Result<Vec<ParentRow>, StoreError>;
    /// Writes whole records, without audit rows or changes of their own, and a mark with them. Those that are there stay as they are.
    async fn load(&self, rows: Rows, mark: Mark) -> Result<(), StoreError>;
    /// Applies what a trail says was taken away, together with a mark, all or nothing and without audit rows; says of each effect
    /// how many records it changed or found. Where the mark is there already nothing is done: so it is done once.
    async fn apply(&self, effects: Vec<Effect>, at_ms: u64, mark: Mark) -> Result<Vec<u64>, StoreError>;
    /// Reads a mark.
    async fn mark(&self, name: &str) -> Result<Option<String>, StoreError>;
    /// Sets a mark, or takes it away.
    async fn set_mark(&self, mark: Mark) -> Result<(), StoreError>;

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
