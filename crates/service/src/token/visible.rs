//! Who may see which token: one rule, which every way to reach a token that exists passes.
//!
//! An account sees its own tokens, and who manages tokens sees anybody's. A caller that showed a token sees only tokens that allow no
//! more than its own. What gives the caller a token's text gives it the rights of the owner, who must have no privilege that the caller
//! lacks.

use std::ops::Deref;

use super::error::ManageError;
use super::service::TokenService;
use crate::caller::{Authority, Caller, Denied, Gains};
use zonemint_base::model::{Privilege, Token, TokenId, TokenName, UserId};
use zonemint_store::{LOOK_SIZE, PAGE_SIZE, StoreError, TokenFilter, TokenPage};

/// Tokens that are checked at a time to fill a page of a confined caller; then the page is returned even if it is not full: comparing
/// two long lists of caveats takes milliseconds.
const CHECKED: usize = 1_000;
/// Tokens of one account that are read at a time.
pub(super) const ACCOUNT_PAGE_SIZE: usize = 500;

/// A token that the caller may see, change and end.
#[derive(Debug)]
pub struct VisibleToken(Token);

impl Deref for VisibleToken {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.0
    }
}

impl TokenService {
    /// A token by its id, for a caller who changes it, ends it, or gains by it what `gains` says.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] for what is no id, too, and for a token whose owner is gone; [`ManageError::Denied`] when the caller
    /// may not see it.
    pub async fn visible(&self, id: &str, gains: Gains, by: &Caller) -> Result<VisibleToken, ManageError> {
        self.reach(id, gains, by.authority(), by).await.map(VisibleToken)
    }

    /// As [`TokenService::visible`], for what says no more of a token than lists do.
    ///
    /// # Errors
    /// As of [`TokenService::visible`].
    pub async fn readable(&self, id: &str, by: &Caller) -> Result<Token, ManageError> {
        self.reach(id, Gains::Nothing, &by.authority().to_read(), by).await
    }

    async fn reach(&self, id: &str, gains: Gains, authority: &Authority, by: &Caller) -> Result<Token, ManageError> {
        let id = TokenId::parse(id.as_bytes()).map_err(|_| ManageError::NotFound)?;
        let token = self.store.token(id).await?.ok_or(ManageError::NotFound)?;
        if by.must_be(token.user).is_err() {
            by.must_handle_tokens_of(token.user)?;
            // An account's tokens end with it, though their rows stay.
            let owner = self.store.user(token.user).await?.ok_or(ManageError::NotFound)?;
            if gains == Gains::Rights {
                by.must_not_rise(&owner)?;
            }
        }
        if authority.covers(&token.caveats) { Ok(token) } else { Err(Denied::Narrower.into()) }
    }

    /// A token by its owner and its name, for a caller who gets its text.
    ///
    /// # Errors
    /// As of [`TokenService::visible`].
    pub async fn visible_by_name(
        &self,
        owner: UserId,
        name: &TokenName,
        by: &Caller,
    ) -> Result<VisibleToken, ManageError> {
        self.must_reach::<ManageError>(owner, Gains::Rights, by).await?;
        let token = self.store.token_by_name(owner, name).await?.ok_or(ManageError::NotFound)?;
        if by.authority().covers(&token.caveats) { Ok(VisibleToken(token)) } else { Err(Denied::Narrower.into()) }
    }

    /// A page of at most `limit` of an account's tokens of all kinds, newest first, older than `before` when given, and where the next
    /// page starts. A page may have few tokens, or none, and still be followed by others: it looks at [`LOOK_SIZE`] tokens at most,
    /// twice as many for a confined caller.
    ///
    /// # Errors
    /// [`ManageError`] when the caller may not see the account's tokens, or the store fails.
    pub async fn page(
        &self,
        owner: UserId,
        filter: &TokenFilter,
        before: Option<TokenId>,
        limit: usize,
        by: &Caller,
    ) -> Result<TokenPage, ManageError> {
        by.must_handle_tokens_of(owner)?;
        let authority = by.authority().to_read();
        let read =
            async |before, limit| self.store.page_of_tokens(owner, filter.clone(), before, limit, LOOK_SIZE).await;
        let mut page = read(before, limit).await?;
        page.tokens.retain(|token| authority.covers(&token.caveats));
        if page.tokens.len() == limit || page.next.is_none() || matches!(authority, Authority::Full) {
            return Ok(page);
        }
        // A confined caller's page is filled from more tokens at once: each look starts from the beginning.
        let more = read(page.next, limit.max(CHECKED)).await?;
        page.next = more.next;
        for token in more.tokens {
            if page.tokens.len() == limit {
                page.next = page.tokens.last().map(|last| last.id);
                break;
            }
            if authority.covers(&token.caveats) {
                page.tokens.push(token);
            }
        }
        Ok(page)
    }

    /// The token of this id, if [`TokenService::page`] would list it.
    ///
    /// # Errors
    /// As of [`TokenService::page`].
    pub async fn in_list(&self, owner: UserId, id: TokenId, by: &Caller) -> Result<Option<Token>, ManageError> {
        by.must_handle_tokens_of(owner)?;
        let authority = by.authority().to_read();
        let is_listed = |token: &Token| token.user == owner && authority.covers(&token.caveats);
        Ok(self.store.token(id).await?.filter(is_listed))
    }

    /// Identifiers of an account's tokens that have a name, in the order of their names, after `after` when given, and where the next
    /// ones start.
    ///
    /// # Errors
    /// As of [`TokenService::page`].
    pub async fn named_of(
        &self,
        owner: UserId,
        after: Option<TokenName>,
        by: &Caller,
    ) -> Result<(Vec<TokenId>, Option<TokenName>), ManageError> {
        by.must_handle_tokens_of(owner)?;
        let tokens = self.store.named_tokens_of(owner, after, ACCOUNT_PAGE_SIZE).await?;
        let next =
            if tokens.len() == ACCOUNT_PAGE_SIZE { tokens.last().and_then(|token| token.name.clone()) } else { None };
        let visible = tokens.iter().filter(|token| by.authority().covers(&token.caveats));
        Ok((visible.map(|token| token.id).collect(), next))
    }

    /// Identifiers of all accounts' tokens that have a name, and where the next ones start, for a caller who manages tokens.
    ///
    /// # Errors
    /// [`Denied::NoPrivilege`] for any other caller, and when the store fails.
    pub async fn named(
        &self,
        after: Option<TokenId>,
        by: &Caller,
    ) -> Result<(Vec<TokenId>, Option<TokenId>), ManageError> {
        if !by.has(Privilege::TokensManage) {
            return Err(Denied::NoPrivilege.into());
        }
        let mut ids = self.store.named_tokens(after, PAGE_SIZE).await?;
        let next = if ids.len() == PAGE_SIZE { ids.last().copied() } else { None };
        // With all rights there is no need to look at each.
        if let Authority::Confined(_) = by.authority() {
            let mut visible = Vec::with_capacity(ids.len());
            for id in ids {
                if self.store.token(id).await?.is_some_and(|token| by.authority().covers(&token.caveats)) {
                    visible.push(id);
                }
            }
            ids = visible;
        }
        Ok((ids, next))
    }

    /// Refuses a caller who may not handle an account's tokens, or would gain rights by it that it lacks. Nothing is read where the
    /// account is the caller's own, or was checked for this request.
    pub(super) async fn must_reach<E: From<Denied> + From<StoreError>>(
        &self,
        owner: UserId,
        gains: Gains,
        by: &Caller,
    ) -> Result<(), E> {
        by.must_handle_tokens_of(owner)?;
        if gains == Gains::Rights
            && !by.cannot_rise_to(owner)
            && let Some(owner) = self.store.user(owner).await?
        {
            by.must_not_rise(&owner)?;
        }
        Ok(())
    }
}
