//! Reads that differ only in what is asked for: an engine has one method of [`Store`] for each kind, and callers have a method for
//! each question.

use super::{
    Dump, Family, FormerName, Kin, Page, ParentRow, Rows, SeenAddress, Store, StoreError, TokenFilter, TokenList,
    TokenRow, UserKey, UserRow, UsesRow, Which, user_names,
};
use zonemint_base::model::{Parent, Token, TokenId, TokenName, User, UserId, UserName};

impl dyn Store + '_ {
    /// Reads a user that is not removed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.find_user(UserKey::Id(id)).await
    }

    /// Reads a user by name, in a marked store by one that differs in case only, too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        self.find_user(UserKey::Name(name.clone())).await
    }

    /// Reads the user whose password the link of this hash sets at a moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_by_reset_link(&self, hash: [u8; 32], at_ms: u64) -> Result<Option<User>, StoreError> {
        self.find_user(UserKey::ResetLink(hash, at_ms)).await
    }

    /// Reads a user's client tokens that are not revoked at a moment, newest first, at most `limit`, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens_of(
        &self,
        user: UserId,
        at_ms: u64,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.list_tokens(user, TokenList::Client(at_ms, before), limit).await
    }

    /// Reads a user's tokens of all kinds that pass a filter, newest first, at most `limit`, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page_of_tokens(
        &self,
        user: UserId,
        filter: TokenFilter,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.list_tokens(user, TokenList::Filtered(filter, before), limit).await
    }

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
        self.list_tokens(user, TokenList::Named(after), limit).await
    }

    /// Reads a page of the tokens that any of `parents` minted, deleted ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn minted_by(&self, parents: Vec<Parent>, page: Page) -> Result<Vec<Kin>, StoreError> {
        self.family(Family::MintedBy(parents, page)).await
    }

    /// Reads a page of a user's tokens, deleted ones too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens_among(&self, owner: UserId, which: Which, page: Page) -> Result<Vec<Kin>, StoreError> {
        self.family(Family::Among(owner, which, page)).await
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
