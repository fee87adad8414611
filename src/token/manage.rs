//! What is done with tokens that exist: seeing, listing, changing, revoking, deleting and rotating them.

use super::lifetime::Bound;
use super::metrics::MintedKind;
use super::mint::{Authority, MintError, Minted, inherited};
use super::service::TokenService;
use super::verify::{Reading, VerifyError};
use crate::caveat::{Caveat, Request, TokenKind};
use crate::macaroon::Encoding;
use crate::model::{Token, TokenForm, TokenId, TokenName, TokenSecret, UserId};
use crate::store::{
    Actor, AuditAction, AuditEntry, Changed, Rotated, StoreError, TokenChange, TokenFilter, Topic, Which,
};

/// Tokens read from the store at a time when listing client tokens.
const PAGE: usize = 500;
/// Tokens that one transaction revokes or deletes when there are many, so that others get their turn.
const AT_ONCE: usize = 1_000;

/// How a token is to be rotated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// How long the old token stays good, in seconds.
    pub overlap_s: u64,
    /// When the new one ends, in seconds since the Unix epoch; when the old one would have, if not given.
    pub valid_until: Option<u64>,
    /// How the new one's text is written; by the settings when not given.
    pub encoding: Option<Encoding>,
}

impl TokenService {
    /// Texts of a user's client tokens that are good now, newest first: one page, and where the next one starts.
    ///
    /// A caller that showed a token sees only tokens that allow no more than its own.
    ///
    /// # Errors
    /// [`MintError`] when the store fails or a token cannot be derived.
    pub async fn list(
        &self,
        user: UserId,
        authority: &Authority,
        before: Option<TokenId>,
    ) -> Result<(Vec<String>, Option<TokenId>), MintError> {
        let page = self.store.tokens_of(user, self.clock.latest_ms(), before, PAGE).await?;
        let next = if page.len() == PAGE { page.last().map(|token| token.id) } else { None };
        let request = Request::at(self.clock.latest_s());
        let ended = |caveat: &Caveat| matches!(caveat, Caveat::Time(_)) && caveat.check(&request).is_err();
        let texts = page
            .iter()
            .filter(|token| !token.caveats.iter().any(ended))
            .filter(|token| authority.covers(&token.caveats))
            // A token whose root key is retired is refused, so it is not good, and not listed. One that was taken over
            // without its text cannot be, and one that is longer than the settings allow by now is refused as well.
            .filter_map(|token| match self.text_of(token) {
                Err(MintError::NoKey | MintError::CaveatsUnknown | MintError::Bounds(_)) => None,
                text => Some(text),
            })
            .collect::<Result<_, MintError>>()?;
        Ok((texts, next))
    }

    /// Finds one of a user's access tokens, named by its identifier or by its text. A narrowed token stands for the one that it
    /// comes from. An identifier names only tokens that the caller may see; a text, whoever holds it may end.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn client_token(&self, authority: &Authority, named: &str) -> Result<Option<TokenId>, StoreError> {
        match TokenId::parse(named.as_bytes()) {
            Ok(id) => Ok(self.find(id).await?.filter(|token| authority.covers(&token.caveats)).map(|_| id)),
            Err(_) => match self.known_id(named).await {
                Ok(id) => Ok(Some(id)),
                Err(VerifyError::Refused(_)) => Ok(None),
                Err(VerifyError::Store(error)) => Err(error),
            },
        }
    }

    async fn known_id(&self, text: &str) -> Result<TokenId, VerifyError> {
        let (_, macaroon, _) = self.read(text)?;
        Ok(self.authenticate(macaroon, TokenKind::Access, Reading::Remembered).await?.id)
    }

    /// A token, whosever it is.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn find(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.store.token(id).await
    }

    /// A user's token by its name.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn find_by_name(&self, user: UserId, name: &TokenName) -> Result<Option<Token>, StoreError> {
        self.store.token_by_name(user, name).await
    }

    /// A page of a user's tokens that have a name, in the order of their names, after `after` when given. Those that a
    /// confined caller may not see are in it: see [`Authority::covers`].
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn named_of(
        &self,
        user: UserId,
        after: Option<TokenName>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.store.named_tokens_of(user, after, limit).await
    }

    /// A page of the identifiers of all tokens that have a name.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn named(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
        self.store.named_tokens(after, limit).await
    }

    /// A page of a user's tokens of all kinds, newest first, older than `before` when given.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn page(
        &self,
        user: UserId,
        filter: TokenFilter,
        before: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, StoreError> {
        self.store.page_of_tokens(user, filter, before, limit).await
    }

    /// Whether a token is revoked now.
    #[must_use]
    pub fn is_revoked(&self, token: &Token) -> bool {
        token.revoked_ms.is_some_and(|ms| ms <= self.clock.latest_ms())
    }

    /// A stored token's text, for somebody else than its owner. That it was shown is recorded before it is given: as an update with
    /// a note, because nodes of earlier versions take a trail for broken that has an action which they do not know.
    ///
    /// # Errors
    /// As [`TokenService::text_of`], and [`MintError::Store`] when it cannot be recorded.
    pub async fn show_to_other(&self, token: &Token, by: Actor) -> Result<String, MintError> {
        let text = self.text_of(token)?;
        let entry = AuditEntry {
            user: Some(token.user),
            token: Some(token.id),
            note: Some("shown=text".to_owned()),
            ..AuditEntry::new(AuditAction::TokenUpdate, by)
        };
        self.store.append_audit(vec![entry], self.clock.now_ms()).await?;
        Ok(text)
    }

    /// Changes a token. It is felt here when this has answered, elsewhere within the feed's interval.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether it was changed.
    pub async fn change(
        &self,
        owner: UserId,
        id: TokenId,
        change: TokenChange,
        by: Actor,
    ) -> Result<Changed, StoreError> {
        let changed = self.store.change_token(owner, id, change, by, self.clock.now_ms()).await;
        self.forget(Topic::Token(id));
        changed
    }

    /// Deletes a token, likewise.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether it was deleted.
    pub async fn delete(&self, owner: UserId, id: TokenId, by: Actor) -> Result<Changed, StoreError> {
        let changed = self.store.delete_token(owner, id, by, self.clock.now_ms()).await;
        self.forget(Topic::Token(id));
        changed
    }

    /// Deletes all of a user's tokens that have a name; says how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether all are deleted.
    pub async fn delete_named(&self, owner: UserId, by: Actor) -> Result<usize, StoreError> {
        let (mut all, mut by) = (0, by);
        loop {
            let deleted = self.store.delete_named_tokens(owner, AT_ONCE, by, self.clock.now_ms()).await?;
            by = by.having_begun();
            all += self.forget_all(&deleted);
            if deleted.len() < AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// Revokes many of a user's tokens; says how many were good before.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether all are revoked.
    pub async fn revoke(&self, owner: UserId, which: Which, by: Actor) -> Result<usize, StoreError> {
        let parts = match which {
            Which::Ids(ids) => ids.chunks(AT_ONCE).map(|ids| Which::Ids(ids.to_vec())).collect(),
            other => vec![other],
        };
        let mut all = 0;
        let mut by = by;
        for which in parts {
            loop {
                let at_ms = self.clock.now_ms();
                let revoked = self.store.revoke_tokens(owner, which.clone(), AT_ONCE, by, at_ms).await?;
                by = by.having_begun();
                all += self.forget_all(&revoked);
                if revoked.len() < AT_ONCE || matches!(which, Which::Ids(_)) {
                    break;
                }
            }
        }
        // All ends the generation of temporary tokens, too.
        self.forget(Topic::User(owner));
        Ok(all)
    }

    fn forget_all(&self, ids: &[TokenId]) -> usize {
        for id in ids {
            self.forget(Topic::Token(*id));
        }
        ids.len()
    }

    /// Makes a new token with the rights of another one, which stays good for a while and gets another name. The new one
    /// has the old one's caveats and the caller's own, so it never allows more than either.
    ///
    /// # Errors
    /// [`MintError`]; nothing was changed then.
    pub async fn rotate(
        &self,
        old: &Token,
        by: Actor,
        authority: &Authority,
        rotation: &Rotation,
    ) -> Result<Minted, MintError> {
        if self.is_revoked(old) {
            return Err(MintError::NotFound);
        }
        if !old.caveats_are_known() {
            return Err(MintError::CaveatsUnknown);
        }
        if !authority.covers(&old.caveats) {
            return Err(MintError::Wider);
        }
        let (now_ms, born_ms) = (self.clock.now_ms(), self.clock.earliest_ms());
        let end = rotation.valid_until.map(|until| Caveat::Time(crate::caveat::Time::until(until)));
        let kept = old.caveats.iter().filter(|caveat| end.is_none() || !matches!(caveat, Caveat::Time(_)));
        let caveats = inherited(authority, kept.cloned().chain(end.clone()).collect(), old.kind)?;
        let bound = Bound::of(old.form);
        let caveats = bound.apply(&self.settings, caveats, rotation.valid_until, born_ms / 1_000)?;
        self.must_not_be_over(&caveats)?;
        let new = Token {
            id: match old.form {
                TokenForm::Bare => TokenId::new(born_ms, &self.random),
                TokenForm::Structured(_) => TokenId::named(born_ms, &self.random),
            },
            secret: TokenSecret::Derived(self.active_key()?),
            caveats,
            created_ms: born_ms,
            revoked_ms: None,
            last_used_day: None,
            last_use: None,
            parent: by.parent(),
            ..old.clone()
        };
        let text = self.new_text(&new, rotation.encoding)?;
        let warning = self.unmeetable(&new.caveats);
        let minted = Minted { id: new.id, text, caveats: new.caveats.clone(), warning };
        let ends_ms = match rotation.overlap_s {
            0 => Token::AT_ONCE,
            overlap_s => born_ms.saturating_add(overlap_s.saturating_mul(1000)),
        };
        let revoked_ms = old.revoked_ms.map_or(ends_ms, |ms| ms.min(ends_ms));
        let name = old.name.as_ref().and_then(|name| rotated_name(name, old.id));
        let changed = self.store.rotate_token(Rotated { id: old.id, name, revoked_ms }, new, by, now_ms).await;
        self.forget(Topic::Token(old.id));
        match changed? {
            Changed::Done => {
                self.metrics.minted.count(MintedKind::of(old.form));
                Ok(minted)
            }
            Changed::NotFound => Err(MintError::NotFound),
            Changed::NameTaken => Err(MintError::NameTaken),
        }
    }
}

/// What a rotated token is called, so that the new one can have its name.
fn rotated_name(name: &TokenName, id: TokenId) -> Option<TokenName> {
    const ROOM: usize = 128 - " (rotated 01234567)".len();
    let start: String = name.as_str().chars().take(ROOM).collect();
    let id: String = id.to_string().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    let id = &id[id.len().saturating_sub(8)..];
    TokenName::parse(&format!("{start} (rotated {id})")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_rotated_token_has_a_name_of_its_own() {
        let random = Random::danger_seeded(1);
        for name in ["laptop".to_owned(), "x".repeat(128)] {
            let name = TokenName::parse(&name).unwrap();
            let (one, other) = (TokenId::named(1, &random), TokenId::new(1, &random));
            let (first, second) = (rotated_name(&name, one).unwrap(), rotated_name(&name, other).unwrap());
            assert!(first != second && first != name, "{first}");
        }
    }
}
