//! Revoking what tokens have minted, together with them.

use super::service::TokenService;
use zonemint_base::model::{Parent, TokenId, UserId};
use zonemint_store::{self as store, Actor, Ancestors, Changed, Descendants, StoreError, TokenChange, Topic, Which};

/// Tokens with names that are read at a time.
const AT_ONCE: usize = 5_000;

impl TokenService {
    /// Revokes all descendants of tokens that the same request has just revoked: a caller who may revoke a token may revoke what it
    /// minted, in any account.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether all are revoked. A second call continues.
    pub(super) async fn revoke_descendants(
        &self,
        of: Ancestors,
        except: Option<TokenId>,
        by: Actor,
    ) -> Result<Descendants, StoreError> {
        let by = by.having_begun();
        let mut all = Descendants::default();
        let told = |found: &Descendants| {
            found.revoked.iter().for_each(|id| self.forget(Topic::Token(*id)));
            found.generations.iter().for_each(|owner| self.forget(Topic::User(*owner)));
            all.revoked.extend(&found.revoked);
            all.generations.extend(&found.generations);
        };
        store::revoke_descendants(&*self.store, &of, except, by, || self.clock.now_ms(), told).await?;
        Ok(all)
    }

    /// Deletes a token and revokes its descendants; none when there is no such token. It is deleted last, so that the same
    /// request continues where a failed one has stopped.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether all of it is done.
    pub(super) async fn delete_with_descendants(
        &self,
        owner: UserId,
        id: TokenId,
        by: Actor,
    ) -> Result<Option<Descendants>, StoreError> {
        let revoke = TokenChange { revoked: Some(true), ..TokenChange::default() };
        if self.change_stored(owner, id, revoke, by).await? != Changed::Done {
            return Ok(None);
        }
        let descendants = self.revoke_descendants(Ancestors::One(Parent::Token(id)), None, by).await?;
        let _ = self.delete_stored(owner, id, by.having_begun()).await?;
        Ok(Some(descendants))
    }

    /// Revokes an account's tokens that have a name, and their descendants. They are deleted afterwards, as in
    /// [`TokenService::delete_with_descendants`], by the actor that is given back.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether all of it is done.
    pub(super) async fn revoke_named_with_descendants(
        &self,
        owner: UserId,
        by: Actor,
    ) -> Result<(Descendants, Actor), StoreError> {
        let (mut all, mut by, mut after) = (Descendants::default(), by, None);
        loop {
            let named = self.store.named_tokens_of(owner, after, AT_ONCE).await?;
            if named.is_empty() {
                break;
            }
            let which = Which::Ids(named.iter().map(|token| token.id).collect());
            self.revoke_stored(owner, which.clone(), by).await?;
            by = by.having_begun();
            let found = self.revoke_descendants(Ancestors::Of(owner, which), None, by).await?;
            all.revoked.extend(found.revoked);
            all.generations.extend(found.generations);
            if named.len() < AT_ONCE {
                break;
            }
            after = named.into_iter().last().and_then(|token| token.name);
        }
        Ok((all, by))
    }
}
