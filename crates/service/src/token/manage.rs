//! What is done with tokens that exist: seeing, listing, changing, revoking, deleting and rotating them.

use std::ops::RangeInclusive;

use super::error::{ManageError, MintError};
use super::lifetime::Bound;
use super::metrics::MintedKind;
use super::mint::{Minted, inherited};
use super::presented::Recognised;
use super::remembered::Reading;
use super::service::TokenService;
use super::verdict::VerifyError;
use super::visible::{ACCOUNT_PAGE_SIZE, VisibleToken};
use crate::caller::{Caller, Denied, Gains};
use zonemint_base::model::{Parent, Token, TokenForm, TokenId, TokenName, TokenSecret, UserId};
use zonemint_caveat::{self as caveat, Caveat, Request, Time, TokenKind};
use zonemint_macaroon::Encoding;
use zonemint_store::{
    Actor, Ancestors, AuditAction, AuditEntry, BATCH_SIZE, Changed, Descendants, LOOK_SIZE, Rotated, StoreError,
    TokenChange, TokenPage, Topic, UserChange, Which,
};

/// The longest time for which a rotated token stays good, in seconds: 30 days.
pub const LONGEST_OVERLAP_S: u64 = 2_592_000;

/// How a token is to be rotated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// How long the old token stays good, in seconds, up to [`LONGEST_OVERLAP_S`].
    pub overlap_s: u64,
    /// When the new one ends, in seconds since the Unix epoch; when the old one would have, if not given.
    pub valid_until: Option<u64>,
    /// How the new one's text is written; by the settings when not given.
    pub encoding: Option<Encoding>,
    /// Whether what the old one minted is revoked. It would go on minting if it stayed good, so only without an overlap.
    pub descendants: bool,
}

/// What came of a rotation.
#[derive(Debug)]
pub struct Replacement {
    /// The new token.
    pub minted: Minted,
    /// What ended with the old one, if that was asked for; or why not all of it did, though the old one is revoked.
    pub ended: Option<Result<Descendants, StoreError>>,
}

/// What a request has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How many of the tokens that it was about were good, or there, before.
    pub tokens: usize,
    /// What ended with them, if that was asked for.
    pub descendants: Option<Descendants>,
}

impl TokenService {
    /// Texts of the caller's own client tokens that are good now, newest first: one page, and where the next one starts.
    ///
    /// A caller that showed a token sees only tokens that allow no more than its own.
    ///
    /// # Errors
    /// [`MintError`] when the store fails or a token cannot be derived.
    pub async fn list(
        &self,
        owner: UserId,
        before: Option<TokenId>,
        by: &Caller,
    ) -> Result<(Vec<String>, Option<TokenId>), MintError> {
        by.must_be(owner)?;
        let now_ms = self.clock.latest_ms();
        let TokenPage { tokens, next } =
            self.store.tokens_of(owner, now_ms, before, ACCOUNT_PAGE_SIZE, LOOK_SIZE).await?;
        let request = Request::at(self.clock.latest_s());
        let ended = |caveat: &Caveat| matches!(caveat, Caveat::Time(_)) && caveat.check(&request).is_err();
        let texts = tokens
            .iter()
            .filter(|token| !token.caveats.iter().any(ended))
            .filter(|token| by.authority().covers(&token.caveats))
            // A token whose root key is retired is refused, so it is not good, and not listed. One that was taken over
            // without its text cannot be, and one that is longer than the settings allow by now is refused as well.
            .filter_map(|token| match self.text_of(token) {
                Err(MintError::NoKey | MintError::CaveatsUnknown | MintError::Bounds(_)) => None,
                text => Some(text),
            })
            .collect::<Result<_, MintError>>()?;
        Ok((texts, next))
    }

    /// Deletes one of the caller's own access tokens, named by its identifier or by its text, and revokes its descendants if that is
    /// asked for. A narrowed token stands for the one that it comes from. An identifier names only tokens that the caller may see; the
    /// holder of a text may delete its token.
    ///
    /// # Errors
    /// [`ManageError`]: [`ManageError::NotFound`] for somebody else's token, too.
    pub async fn delete_client_token(
        &self,
        owner: UserId,
        named: &str,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Option<Descendants>, ManageError> {
        by.must_be(owner)?;
        if with_descendants {
            // Before the look-up: a narrowed caller sees no wider token, and must get the reason.
            by.may_end_many()?;
        }
        let id = match TokenId::parse(named.as_bytes()) {
            Ok(id) => {
                let token = self.store.token(id).await?;
                token.filter(|token| by.authority().covers(&token.caveats)).map(|token| token.id)
            }
            Err(_) => match self.known_id(named).await {
                Ok(id) => Some(id),
                Err(VerifyError::Refused(_)) => None,
                Err(VerifyError::Store(error)) => return Err(error.into()),
            },
        };
        self.delete_one(owner, id.ok_or(ManageError::NotFound)?, with_descendants, by).await
    }

    async fn known_id(&self, text: &str) -> Result<TokenId, VerifyError> {
        let (_, macaroon, _) = self.read(text)?;
        Ok(self.authenticate(macaroon, TokenKind::Access, Reading::Remembered).await?.id)
    }

    /// Whether a token is revoked now.
    #[must_use]
    pub fn is_revoked(&self, token: &Token) -> bool {
        token.revoked_ms.is_some_and(|ms| ms <= self.clock.latest_ms())
    }

    /// A stored token's text. That it was shown to somebody else than its owner is recorded before it is given: as an update with
    /// a note, because nodes of earlier versions take a trail for broken that has an action which they do not know.
    ///
    /// # Errors
    /// [`MintError::NoKey`] when its root key is not there any more, [`MintError::CaveatsUnknown`] when it was taken over without its
    /// text, and [`MintError::Store`] when it cannot be recorded.
    pub async fn show(&self, token: &VisibleToken, by: &Caller) -> Result<String, MintError> {
        self.must_reach::<MintError>(token.user, Gains::Rights, by).await?;
        let text = self.text_of(token)?;
        if by.must_be(token.user).is_err() {
            let entry = AuditEntry {
                user: Some(token.user),
                token: Some(token.id),
                note: Some("shown=text".to_owned()),
                ..AuditEntry::new(AuditAction::TokenUpdate, by.actor())
            };
            self.store.append_audit(vec![entry], self.clock.now_ms()).await?;
        }
        Ok(text)
    }

    /// Changes a token, and revokes its descendants with it if that is asked for. It is felt here when this has answered, elsewhere
    /// within the feed's interval.
    ///
    /// # Errors
    /// [`ManageError`]. To restore a revoked token takes a password: who has stolen a token, and another one with it, is not to undo
    /// that the owner revoked it.
    pub async fn change(
        &self,
        token: &VisibleToken,
        mut change: TokenChange,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Option<Descendants>, ManageError> {
        if with_descendants {
            by.may_end_many()?;
        }
        if change.revoked == Some(false) {
            if self.is_revoked(token) {
                by.must_give_password()?;
                // A restored token gives its owner's rights to the holder of its text.
                self.must_reach::<ManageError>(token.user, Gains::Rights, by).await?;
            } else {
                // It is good, and stays as it is, though somebody may revoke it before this is committed.
                change.revoked = None;
            }
        }
        change.most = if change.revoked == Some(false) { self.most_of(by) } else { 0 };
        let (name, most, by) = (change.name.clone(), change.most, by.actor());
        let mut changed = self.change_stored(token.user, token.id, change.clone(), by).await?;
        if changed == Changed::TooMany && self.finds_room(token.user, most).await? {
            changed = self.change_stored(token.user, token.id, change, by).await?;
        }
        match changed {
            Changed::Done if with_descendants => {
                let of = Ancestors::One(Parent::Token(token.id));
                Ok(Some(self.revoke_descendants(of, None, by).await?))
            }
            Changed::Done => Ok(None),
            Changed::NotFound => Err(ManageError::NotFound),
            Changed::TooMany => Err(ManageError::TooMany),
            Changed::NameTaken => Err(match self.name_taken(token.user, name.as_ref()).await {
                MintError::NameOfRevoked => ManageError::NameOfRevoked,
                _ => ManageError::NameTaken,
            }),
        }
    }

    pub(super) async fn change_stored(
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

    /// Deletes a token, and revokes its descendants if that is asked for.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn delete(
        &self,
        token: &VisibleToken,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Option<Descendants>, ManageError> {
        self.delete_one(token.user, token.id, with_descendants, by).await
    }

    async fn delete_one(
        &self,
        owner: UserId,
        id: TokenId,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Option<Descendants>, ManageError> {
        if with_descendants {
            by.may_end_many()?;
            let ended = self.delete_with_descendants(owner, id, by.actor()).await?;
            return ended.map(Some).ok_or(ManageError::NotFound);
        }
        match self.delete_stored(owner, id, by.actor()).await? {
            Changed::Done => Ok(None),
            Changed::NotFound | Changed::NameTaken | Changed::TooMany => Err(ManageError::NotFound),
        }
    }

    pub(super) async fn delete_stored(&self, owner: UserId, id: TokenId, by: Actor) -> Result<Changed, StoreError> {
        let changed = self.store.delete_token(owner, id, by, self.clock.now_ms()).await;
        self.forget(Topic::Token(id));
        changed
    }

    /// Ends a token for a caller who holds its text, however narrow the caller's own token is. A temporary token ends with all others
    /// of its subject.
    ///
    /// # Errors
    /// [`Denied::OtherOwner`] for a caller who neither owns it nor manages tokens, and [`Denied::SomeWider`].
    pub async fn end(&self, token: &Recognised, by: &Caller) -> Result<(), ManageError> {
        let owner = token.subject.id;
        by.must_handle_tokens_of(owner).map_err(|_| Denied::OtherOwner)?;
        if !token.temporary {
            let _ = self.delete_stored(owner, token.id, by.actor()).await?;
        } else if !token.revoked {
            by.may_end_many()?;
            let _ = self.next_generation(owner, by.actor()).await?;
        }
        Ok(())
    }

    /// Ends all temporary tokens of an account, and revokes their descendants if that is asked for: the next generation begins.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn end_temporary(
        &self,
        owner: UserId,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Option<Descendants>, ManageError> {
        by.must_handle_tokens_of(owner)?;
        by.may_end_many()?;
        let by = by.actor();
        match self.next_generation(owner, by).await? {
            Changed::Done if with_descendants => {
                Ok(Some(self.revoke_descendants(Ancestors::Temporary(owner), None, by).await?))
            }
            Changed::Done => Ok(None),
            Changed::NotFound | Changed::NameTaken | Changed::TooMany => Err(ManageError::NotFound),
        }
    }

    async fn next_generation(&self, owner: UserId, by: Actor) -> Result<Changed, StoreError> {
        let changed = self.store.change_user(owner, UserChange::Generation, by, self.clock.now_ms()).await;
        self.forget(Topic::User(owner));
        changed
    }

    /// Deletes all of an account's tokens that have a name, and revokes their descendants if that is asked for.
    ///
    /// # Errors
    /// [`ManageError`]; it is not known then whether all are deleted.
    pub async fn delete_named(&self, owner: UserId, with_descendants: bool, by: &Caller) -> Result<Ended, ManageError> {
        by.must_handle_tokens_of(owner)?;
        by.may_end_many()?;
        let (mut by, mut descendants) = (by.actor(), None);
        if with_descendants {
            let (ended, begun) = self.revoke_named_with_descendants(owner, by).await?;
            (by, descendants) = (begun, Some(ended));
        }
        let mut tokens = 0;
        loop {
            let deleted = self.store.delete_named_tokens(owner, BATCH_SIZE, by, self.clock.now_ms()).await?;
            by = by.having_begun();
            tokens += self.forget_all(&deleted);
            if deleted.len() < BATCH_SIZE {
                return Ok(Ended { tokens, descendants });
            }
        }
    }

    /// Revokes many of an account's tokens, and their descendants if that is asked for.
    ///
    /// # Errors
    /// [`ManageError`]; it is not known then whether all are revoked.
    pub async fn revoke(
        &self,
        owner: UserId,
        which: Which,
        with_descendants: bool,
        by: &Caller,
    ) -> Result<Ended, ManageError> {
        by.must_handle_tokens_of(owner)?;
        by.may_end_many()?;
        let by = by.actor();
        let tokens = self.revoke_stored(owner, which.clone(), by).await?;
        let descendants = if with_descendants {
            Some(self.revoke_descendants(Ancestors::Of(owner, which), None, by).await?)
        } else {
            None
        };
        Ok(Ended { tokens, descendants })
    }

    /// Returns how many were valid before.
    pub(super) async fn revoke_stored(&self, owner: UserId, which: Which, by: Actor) -> Result<usize, StoreError> {
        let parts = match which {
            Which::Ids(ids) => ids.chunks(BATCH_SIZE).map(|ids| Which::Ids(ids.to_vec())).collect(),
            other => vec![other],
        };
        let mut all = 0;
        let mut by = by;
        for which in parts {
            loop {
                let at_ms = self.clock.now_ms();
                let revoked = self.store.revoke_tokens(owner, which.clone(), BATCH_SIZE, by, at_ms).await?;
                by = by.having_begun();
                all += self.forget_all(&revoked);
                if revoked.len() < BATCH_SIZE || matches!(which, Which::Ids(_)) {
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

    /// Ends that may be asked for when a token takes another one's place, in seconds since the Unix epoch. A named token is bound by
    /// `token.max_named_ttl` when it is made.
    #[must_use]
    pub fn ends_of_successor(&self, old: &Token) -> RangeInclusive<u64> {
        let now_s = self.clock.earliest_s();
        let latest = match old.form {
            TokenForm::Bare => now_s.saturating_add(self.settings.max_ttl.s()),
            TokenForm::Structured(_) => Time::LATEST,
        };
        now_s + 1..=latest
    }

    /// Makes a new token with the rights of another one, which stays good for a while and gets another name. The new one
    /// has the old one's caveats and the caller's own, so it never allows more than either.
    ///
    /// # Errors
    /// [`MintError`]; nothing was changed then.
    pub async fn rotate(&self, old: &VisibleToken, rotation: &Rotation, by: &Caller) -> Result<Replacement, MintError> {
        self.must_reach::<MintError>(old.user, Gains::Rights, by).await?;
        if rotation.descendants {
            by.may_end_many()?;
        }
        if self.is_revoked(old) {
            return Err(MintError::NotFound);
        }
        if !old.caveats_are_known() {
            return Err(MintError::CaveatsUnknown);
        }
        let (authority, most, by) = (by.authority(), self.most_of(by), by.actor());
        let (now_ms, born_ms) = (self.clock.now_ms(), self.clock.earliest_ms());
        let end = rotation.valid_until.map(|until| Caveat::Time(Time::until(until)));
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
            ..Token::clone(old)
        };
        let text = self.new_text(&new, rotation.encoding)?;
        let warning = self.unmeetable(&new.caveats);
        let minted = Minted { id: new.id, text, caveats: new.caveats.clone(), warning };
        let ends_ms = match rotation.overlap_s.min(LONGEST_OVERLAP_S) {
            0 => Token::AT_ONCE,
            overlap_s => born_ms.saturating_add(overlap_s.saturating_mul(1000)),
        };
        let revoked_ms = old.revoked_ms.map_or(ends_ms, |ms| ms.min(ends_ms));
        let name = old.name.as_ref().and_then(|name| rotated_name(name, old.id));
        // Where the old token ends at once the new one has its place, unless its place is free: it has expired.
        let is_in_its_place = revoked_ms == Token::AT_ONCE
            && caveat::valid_until(&old.caveats).is_none_or(|until| until > self.clock.latest_s());
        let rotated = Rotated { id: old.id, name, revoked_ms, most: if is_in_its_place { 0 } else { most } };
        let mut changed = self.store.rotate_token(rotated.clone(), new.clone(), by, now_ms).await;
        if matches!(changed, Ok(Changed::TooMany)) && self.finds_room(old.user, most).await? {
            changed = self.store.rotate_token(rotated, new, by, now_ms).await;
        }
        self.forget(Topic::Token(old.id));
        match changed? {
            Changed::Done => {
                self.metrics.minted.count(MintedKind::of(old.form));
                let of = Ancestors::One(Parent::Token(old.id));
                let ended = if rotation.descendants && rotation.overlap_s == 0 {
                    Some(self.revoke_descendants(of, Some(minted.id), by).await)
                } else {
                    None
                };
                Ok(Replacement { minted, ended })
            }
            Changed::NotFound => Err(MintError::NotFound),
            Changed::NameTaken => Err(MintError::NameTaken),
            Changed::TooMany => Err(MintError::TooMany),
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
    use zonemint_base::random::Random;

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
