//! Writes as data: one variant of [`Command`] per write. `writes.rs` has a method of the store for each.
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
    Actor, Added, AddressHash, AuditEntry, Chain, Changed, DayOfUses, Doomed, Effect, FormerName, Inserted, Mark,
    Resealed, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, TokenChange, UserChange, Which,
};
use zonemint_base::model::{KeyId, Token, TokenId, TokenUse, User, UserId, UserName};

/// The caller of a write, and the time in milliseconds since the Unix epoch.
pub(crate) type Stamp = (Actor, u64);

/// The table of commands, given to a macro that declares something for each. `asked`: a method whose caller says who asks for the
/// write, and when. `upkeep`: one for the server itself, which leaves no records. `other`: the method stands in `writes.rs`.
macro_rules! command_table {
    ($declare:ident) => {
        $declare! {
            asked {
                /// Adds tokens that another service made, all or none: none, unless every answer is [`Inserted::Stored`].
                import_tokens(tokens: Vec<Token>) = ImportTokens -> Vec<Inserted>;
                /// Writes the audit row of a temporary token, of which nothing else is kept.
                audit_temporary_token(user: UserId, id: TokenId, generation: u64) = RecordTemporary -> Inserted;
                /// Adds a token, if its owner has less than `most` good ones, and counts it. A mint without a limit is
                /// [`insert_token`](crate::Store::insert_token).
                insert_token_within(token: Token, most: u64) = InsertWithin -> Inserted;
                /// Changes a token of `owner`.
                change_token(owner: UserId, id: TokenId, change: TokenChange) = ChangeToken -> Changed;
                /// Deletes a token of `owner`: it stays refused.
                delete_token(owner: UserId, id: TokenId) = DeleteToken -> Changed;
                /// Adds a token in the place of another one of its owner. The old one gets another name, and is revoked from a moment on,
                /// or from an earlier moment if one was set already.
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
                /// Reseals root keys; says how many were still sealed as expected.
                reseal_keys(keys: Vec<Resealed<SealedKey>>) = ResealKeys -> usize;
                /// Reseals secrets of other services' tokens; says how many were still sealed as expected.
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
                /// Writes how many tokens of accounts are known to have ended ([`TokenCount::ended`](crate::TokenCount::ended)); says how
                /// many accounts that changed.
                correct_token_counts(ended: Vec<(UserId, i64)>) = CorrectTokenCounts -> usize;
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
                /// Adds a token: [`insert_token`](crate::Store::insert_token).
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
                /// Does what a mint does, and takes it back: [`prove`](crate::Store::prove).
                Prove {};
            }
        }
    };
}
pub(super) use command_table;

/// Declares [`Command`].
macro_rules! declare_command {
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
    };
}

command_table!(declare_command);

impl Command {
    /// Whether what the command did stays. If not it is undone, and the outcome says why.
    pub(super) fn keeps(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::EachInserted(each) => each.iter().all(|one| *one == Inserted::Stored),
            Outcome::EachAdded(each) => each.iter().all(|one| *one == Added::Stored),
            Outcome::Changed(Changed::NameTaken | Changed::TooMany) => false,
            Outcome::Inserted(inserted) => *inserted == Inserted::Stored || !matches!(self, Self::InsertWithin { .. }),
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
