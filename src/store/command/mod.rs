//! Writes as data: one variant of [`Command`] per write, and a method of the store for each.
//!
//! The rules stand here, once for all engines: what a write leaves in the audit trail and in the change feed
//! ([`Command::records`]), and which outcomes undo it ([`Command::keeps`]). An engine executes a command, and knows no rules. Mints of
//! the API alone come in such numbers that the engines write their audit rows together (`mints.rs`), and they change nothing that is
//! announced.
//!
//! Where the next write goes: a line in the table below, an arm in [`Command::records`], and one in each engine
//! (`sqlite/commands.rs`, `postgres/operation.rs`).

mod outcome;
mod records;

pub(crate) use outcome::Outcome;

use super::{
    Actor, Added, AddressHash, AuditEntry, Chain, Changed, DayOfUses, Descendants, Doomed, Effect, FormerName,
    Inserted, Mark, Purged, Resealed, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, Store, StoreError,
    TokenChange, UserChange, Which,
};
use crate::model::{KeyId, Token, TokenId, TokenUse, User, UserId, UserName};

/// Who asks for a write, and when, in milliseconds since the Unix epoch.
pub(crate) type Stamp = (Actor, u64);

/// Of writes that leave nothing in the audit trail and in the change feed.
const UNTIMED: Stamp = (Actor::System, 0);

/// Declares the commands. `asked`: a method whose caller says who asks for the write, and when. `upkeep`: one for the server
/// itself, which leaves no records. `other`: the method stands below.
macro_rules! commands {
    (
        asked { $($(#[$doc:meta])* $method:ident($($field:ident: $type:ty),*) = $variant:ident -> $answer:ty;)* }
        upkeep { $($(#[$up_doc:meta])* $up_method:ident($($up_field:ident: $up_type:ty),*) = $up:ident -> $up_answer:ty;)* }
        other { $($(#[$other_doc:meta])* $other:ident { $($other_field:ident: $other_type:ty),* };)* }
    ) => {
        /// A write: one atomic unit.
        #[derive(Debug)]
        pub enum Command {
            $($(#[$doc])* $variant { $($field: $type),* },)*
            $($(#[$up_doc])* $up { $($up_field: $up_type),* },)*
            $($(#[$other_doc])* $other { $($other_field: $other_type),* },)*
        }

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

commands! {
    asked {
        /// Adds tokens that another service made, all or none: none, unless every answer is [`Inserted::Stored`].
        import_tokens(tokens: Vec<Token>) = ImportTokens -> Vec<Inserted>;
        /// Writes the audit row of a temporary token, of which nothing else is kept.
        audit_temporary_token(user: UserId, id: TokenId, generation: u64) = RecordTemporary -> Inserted;
        /// Changes a token of `owner`.
        change_token(owner: UserId, id: TokenId, change: TokenChange) = ChangeToken -> Changed;
        /// Deletes a token of `owner`: it is refused for ever.
        delete_token(owner: UserId, id: TokenId) = DeleteToken -> Changed;
        /// Adds a token in the place of another one of its owner, which gets another name and is revoked from a moment on, or
        /// from the earlier one that it was to be revoked from already.
        rotate_token(old: Rotated, new: Token) = RotateToken -> Changed;
        /// Deletes tokens of `owner` that have a name, at most `limit`; says which.
        delete_named_tokens(owner: UserId, limit: usize) = DeleteNamedTokens -> Vec<TokenId>;
        /// Revokes tokens of `owner` that are not revoked, at once ([`Token::AT_ONCE`]), at most `limit`; says which.
        revoke_tokens(owner: UserId, which: Which, limit: usize) = RevokeTokens -> Vec<TokenId>;
        /// Adds users, all or none: none, unless every answer is [`Added::Stored`].
        import_users(users: Vec<User>) = ImportUsers -> Vec<Added>;
        /// Changes a user. [`Changed::NotFound`] when there is none, or the change changes nothing.
        change_user(id: UserId, change: UserChange) = ChangeUser -> Changed;
        /// Marks the store, and folds the few names that are not yet. [`Changed::NotFound`] when these are many,
        /// [`Changed::NameTaken`] when two names fold alike; nothing was changed then.
        ignore_case() = IgnoreCase -> Changed;
        /// Makes a key the last one in the order of keys. [`Changed::NotFound`] when it is retired, or not there.
        put_key_last(id: KeyId) = PutKeyLast -> Changed;
        /// Retires a key for good. [`Changed::NotFound`] when it is retired already, or the only one that is not.
        retire_key(id: KeyId) = RetireKey -> Changed;
        /// Seals root keys anew; says how many were still sealed as expected.
        reseal_keys(keys: Vec<Resealed<SealedKey>>) = ResealKeys -> usize;
        /// Seals secrets of other services' tokens anew; says how many were still sealed as expected.
        reseal_secrets(secrets: Vec<Resealed<SealedSecret>>) = ResealSecrets -> usize;
    }
    upkeep {
        /// Writes when tokens were last used. A use before one that is written changes nothing.
        touch_tokens(used: Vec<TokenUse>) = TouchTokens -> ();
        /// Adds to what this process has noted of how often tokens were used; nothing for accounts that are not there.
        add_uses(uses: Vec<DayOfUses>) = AddUses -> ();
        /// Takes away what was noted before a day, at most `limit` rows; says how many.
        purge_uses(before_day: u32, limit: usize) = PurgeUses -> usize;
        /// Notes where an account has signed in. `former` are other hashes of the same address, which go. So does what was last
        /// seen at `oldest_ms` or before, and all but the newest `most`.
        note_address(seen: SeenAddress, former: Vec<AddressHash>, oldest_ms: u64, most: usize) = NoteAddress -> ();
        /// Deletes up to `limit` addresses that were last seen before a moment; returns how many.
        purge_addresses(before_ms: u64, limit: usize) = PurgeAddresses -> usize;
        /// Writes names of accounts, and former ones, as they are folded, if they are still the names. Nothing of it counts before
        /// the store is marked. [`Changed::NameTaken`] when two of them fold alike; nothing was written then.
        fold_names(names: Vec<(UserId, UserName)>, former: Vec<FormerName>) = FoldNames -> Changed;
        /// Takes changes before a moment away, at most `limit`, but never the last one of a chain; says how many.
        purge_changes(before_ms: u64, limit: usize) = PurgeChanges -> usize;
        /// Writes whole records, without audit rows or changes of their own, and a mark with them. Those that are there stay as
        /// they are.
        load(rows: Rows, mark: Mark) = Load -> ();
        /// Sets a mark, or takes it away.
        set_mark(mark: Mark) = SetMark -> ();
    }
    other {
        /// Adds a token: [`Store::insert_token`].
        InsertToken { token: Token };
        /// Revokes tokens and ends generations because they are descendants.
        RevokeDescendants { doomed: Doomed };
        /// Adds a user.
        InsertUser { user: User };
        /// Adds a key, unless there is one already.
        InsertFirstKey { key: SealedKey };
        /// Adds a key to those that there are.
        AddKey { key: SealedKey };
        /// Takes away tokens that ended before a moment.
        PurgeTokens { ended_before_s: u64, after: Option<TokenId>, scan: usize };
        /// Appends audit rows.
        AppendAudit { entries: Vec<AuditEntry> };
        /// Deletes a chain's audit rows with numbers below `seq`.
        DeleteAudit { chain: Chain, seq: u64, limit: usize };
        /// Applies effects of a trail, unless the mark is there.
        Replay { effects: Vec<Effect>, mark: Mark };
        /// Does what a mint does, and takes it back: [`Store::prove`].
        Prove {};
    }
}

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

    /// Appends audit rows to the chain of this process, if whoever the first one is by may still have it done.
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

impl Command {
    /// Whether what the command did stays. If not it is undone, and the outcome says why.
    pub(super) fn keeps(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::EachInserted(each) => each.iter().all(|one| *one == Inserted::Stored),
            Outcome::EachAdded(each) => each.iter().all(|one| *one == Added::Stored),
            Outcome::Changed(Changed::NameTaken) => false,
            Outcome::Changed(Changed::NotFound) => !matches!(self, Self::RotateToken { .. }),
            _ => true,
        }
    }

    /// The outcome when the database refuses a second row of a name; none where that is an error.
    pub(super) fn outcome_of_taken(&self) -> Option<Outcome> {
        let may_be_taken = matches!(
            self,
            Self::ChangeToken { .. }
                | Self::RotateToken { .. }
                | Self::ChangeUser { .. }
                | Self::FoldNames { .. }
                | Self::IgnoreCase {}
        );
        may_be_taken.then_some(Outcome::Changed(Changed::NameTaken))
    }
}
