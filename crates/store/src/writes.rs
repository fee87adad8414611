//! The writes of a store: a method for each command.

use super::command::{Command, Stamp, command_table};
use super::{
    Actor, Added, AddressHash, AuditEntry, Chain, Changed, DayOfUses, Descendants, Doomed, Effect, FormerName,
    Inserted, Mark, Purged, Resealed, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, Store, StoreError,
    TokenChange, UserChange, Which,
};
use zonemint_base::model::{KeyId, Token, TokenId, TokenUse, User, UserId, UserName};

/// Of writes that leave nothing in the audit trail and in the change feed.
const UNTIMED: Stamp = (Actor::System, 0);

/// Declares a method for each command of the table that needs nothing else.
macro_rules! declare_methods {
    (
        asked { $($(#[$doc:meta])* $method:ident($($field:ident: $type:ty),*) = $variant:ident -> $answer:ty;)* }
        upkeep { $($(#[$up_doc:meta])* $up_method:ident($($up_field:ident: $up_type:ty),*) = $up:ident -> $up_answer:ty;)* }
        other { $($(#[$other_doc:meta])* $other:ident { $($other_field:ident: $other_type:ty),* };)* }
    ) => {
        /// Each is [`Store::write`] of one command.
        ///
        /// # Errors
        /// [`StoreError`]; nothing was written then, unless an engine cannot tell whether it was.
        impl dyn Store + '_ {
            $($(#[$doc])*
            ///
            /// # Errors
            /// [`StoreError`].
            pub async fn $method(&self, $($field: $type,)* by: Actor, at_ms: u64) -> Result<$answer, StoreError> {
                self.write(Command::$variant { $($field),* }, (by, at_ms)).await?.answer()
            })*
            $($(#[$up_doc])*
            ///
            /// # Errors
            /// [`StoreError`].
            pub async fn $up_method(&self, $($up_field: $up_type),*) -> Result<$up_answer, StoreError> {
                self.write(Command::$up { $($up_field),* }, UNTIMED).await?.answer()
            })*
        }
    };
}

command_table!(declare_methods);

impl dyn Store + '_ {
    /// Revokes tokens at once ([`Token::AT_ONCE`]) and ends generations of temporary tokens, because they are descendants.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_descendants(&self, doomed: Doomed, at_ms: u64) -> Result<Descendants, StoreError> {
        let stamp = (doomed.by, at_ms);
        self.write(Command::RevokeDescendants { doomed }, stamp).await?.answer()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn insert_user(&self, user: User, by: Actor) -> Result<Added, StoreError> {
        let stamp = (by, user.created_ms);
        self.write(Command::InsertUser { user }, stamp).await?.answer()
    }

    /// Adds a key, unless there is one already: of two first starts one wins, and both use its key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn insert_first_key(&self, key: SealedKey) -> Result<(), StoreError> {
        let stamp = (Actor::System, key.created_ms);
        self.write(Command::InsertFirstKey { key }, stamp).await?.answer()
    }

    /// Adds a key to those that there are, as the last one in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_key(&self, key: SealedKey, by: Actor) -> Result<(), StoreError> {
        let stamp = (by, key.created_ms);
        self.write(Command::AddKey { key }, stamp).await?.answer()
    }

    /// Takes away tokens that ended before a moment, in seconds since the Unix epoch. Looks at `scan` tokens after `after`, in
    /// the store's own order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn purge_tokens(
        &self,
        ended_before_s: u64,
        after: Option<TokenId>,
        scan: usize,
        at_ms: u64,
    ) -> Result<Purged, StoreError> {
        self.write(Command::PurgeTokens { ended_before_s, after, scan }, (Actor::System, at_ms)).await?.answer()
    }

    /// Appends audit rows to the chain of this process, if the caller of the first one still has the right to it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append_audit(&self, entries: Vec<AuditEntry>, at_ms: u64) -> Result<(), StoreError> {
        let by = entries.first().map_or(Actor::System, |entry| entry.by);
        self.write(Command::AppendAudit { entries }, (by, at_ms)).await?.answer()
    }

    /// Deletes a chain's audit rows with numbers below `seq`, the oldest first, at most `limit`; says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_audit(&self, chain: &Chain, seq: u64, limit: usize) -> Result<usize, StoreError> {
        self.write(Command::DeleteAudit { chain: chain.clone(), seq, limit }, UNTIMED).await?.answer()
    }

    /// Applies what a trail says was taken away, together with a mark, all or nothing and without audit rows; says of each effect
    /// how many records it changed or found. Where the mark is there already nothing is done: so it is done once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apply(&self, effects: Vec<Effect>, at_ms: u64, mark: Mark) -> Result<Vec<u64>, StoreError> {
        self.write(Command::Replay { effects, mark }, (Actor::Operator, at_ms)).await?.answer()
    }
}
