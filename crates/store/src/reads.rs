//! Reads that differ only in what is asked for: an engine has one method of [`Store`] for each kind, and callers have a method for
//! each question.

use super::{
    Dump, Family, FormerName, Kin, Page, ParentRow, Rows, SeenAddress, Store, StoreError, TokenFilter, TokenList,
    TokenPage, TokenRow, UserKey, UserRow, UsesRow, Which, user_names,
};
use zonemint_base::model::{Parent, Token, TokenId, TokenName, User, UserId, UserName};

/// Declares a method for each question: its parameters, its answer, and the method of [`Store`] that it calls.
macro_rules! questions {
    ($($(#[$doc:meta])* $method:ident($($field:ident: $type:ty),*) -> $answer:ty = $read:ident($($argument:expr),*);)*) => {
        impl dyn Store + '_ {
            $($(#[$doc])*
            ///
            /// # Errors
            /// [`StoreError`].
            pub async fn $method(&self, $($field: $type),*) -> Result<$answer, StoreError> {
                self.$read($($argument),*).await
            })*
        }
    };
}

questions! {
    /// Reads a user that is not removed.
    user(id: UserId) -> Option<User> = find_user(UserKey::Id(id));
    /// Reads a user by name, in a marked store by one that differs in case only, too.
    user_by_name(name: &UserName) -> Option<User> = find_user(UserKey::Name(name.clone()));
    /// Reads the user whose password the link of this hash sets at a moment.
    user_by_reset_link(hash: [u8; 32], at_ms: u64) -> Option<User> = find_user(UserKey::ResetLink(hash, at_ms));
    /// Reads a user's client tokens that are not revoked at a moment, newest first, at most `limit`, older than `before`. Looks at `look`
    /// tokens at most.
    tokens_of(user: UserId, at_ms: u64, before: Option<TokenId>, limit: usize, look: usize) -> TokenPage =
        list_tokens(user, TokenList::Client(at_ms, before, look), limit);
    /// Reads a user's tokens of all kinds that pass a filter, newest first, at most `limit`, older than `before`. Looks at `look` tokens
    /// at most.
    page_of_tokens(user: UserId, filter: TokenFilter, before: Option<TokenId>, limit: usize, look: usize) -> TokenPage =
        list_tokens(user, TokenList::Filtered(filter, before, look), limit);
    /// Reads a page of the tokens that any of `parents` minted, deleted ones too.
    minted_by(parents: Vec<Parent>, page: Page) -> Vec<Kin> = family(Family::MintedBy(parents, page));
    /// Reads a page of a user's tokens, deleted ones too.
    tokens_among(owner: UserId, which: Which, page: Page) -> Vec<Kin> = family(Family::Among(owner, which, page));
}

impl dyn Store + '_ {
    /// Reads a user's tokens that have a name, in the order of their names, at most `limit`, after `after` when given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn named_tokens_of(
        &self,
        user: UserId,
        after: Option<TokenName>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        Ok(self.list_tokens(user, TokenList::Named(after), limit).await?.tokens)
    }

    /// Whether user names are compared without case: the store is marked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ignores_case(&self) -> Result<bool, StoreError> {
        Ok(self.mark(user_names::MARK).await?.is_some())
    }
}

/// Declares the methods that read whole records.
macro_rules! dumps {
    ($($(#[$doc:meta])* $method:ident($after:ty) = $kind:ident -> $row:ty;)*) => {
        impl dyn Store + '_ {
            $($(#[$doc])*
            #[doc = "At most `limit`, after `after`, in the store's own order."]
            ///
            /// # Errors
            /// [`StoreError`].
            pub async fn $method(&self, after: Option<$after>, limit: usize) -> Result<Vec<$row>, StoreError> {
                match self.dump(Dump::$kind(after), limit).await? {
                    Rows::$kind(rows) => Ok(rows),
                    _ => Err(StoreError::Corrupt { what: "kind of record" }),
                }
            })*
        }
    };
}

dumps! {
    /// Reads whole users.
    dump_users(UserId) = Users -> UserRow;
    /// Reads whole tokens.
    dump_tokens(TokenId) = Tokens -> TokenRow;
    /// Reads whole rows of uses.
    dump_uses(UsesRow) = Uses -> UsesRow;
    /// Reads where accounts have signed in.
    dump_addresses(SeenAddress) = Addresses -> SeenAddress;
    /// Reads names that accounts have no more.
    dump_names(FormerName) = Names -> FormerName;
    /// Reads which tokens have made temporary ones.
    dump_parents(ParentRow) = Parents -> ParentRow;
}
