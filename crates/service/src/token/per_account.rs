//! `token.max_per_account`: how many good tokens an account may have.
//!
//! A token is good that is neither deleted nor revoked nor expired. Temporary tokens do not count: nothing is stored of them. What the
//! operator adds is not bounded, and counts from the next correction on. Each mint counts itself in the store, in its own transaction, so
//! mints that come together on any nodes are bounded together. What ends a token counts nothing ([`TokenCount`]): the count is
//! corrected by [`TokenCounts`] each hour, and for an account that has no room, at most once a minute, at once.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::service::TokenService;
use crate::caller::Caller;
use zonemint_base::model::{Token, TokenId, UserId};
use zonemint_store::{Actor, CountedTokens, Inserted, LOOK_SIZE, PAGE_SIZE, Store, StoreError, TokenCount};

/// Beyond so many tokens in the store an account is called large, ended ones included: they make its lists long, too.
pub const MANY_TOKENS: usize = 100_000;
/// For how long an account without room is not counted again, in milliseconds: counting costs more than the mint that it refuses.
const RECOUNT_MS: u64 = 60_000;
/// The most tokens that are counted while a request waits, in parts of [`LOOK_SIZE`].
const PARTS: usize = 2;
/// The most accounts whose last count is remembered. Beyond it, only the hourly correction counts.
const REMEMBERED: usize = 10_000;

impl TokenService {
    /// The most good tokens of an account, for this caller; 0 for no limit.
    pub(super) fn most_of(&self, by: &Caller) -> u64 {
        self.most_by(by.actor())
    }

    fn most_by(&self, by: Actor) -> u64 {
        if by.caller().is_some() { self.settings.max_per_account } else { 0 }
    }

    /// Stores a token, if its owner has room for it.
    pub(super) async fn insert_new(&self, token: Token, by: Actor, at_ms: u64) -> Result<Inserted, StoreError> {
        match self.most_by(by) {
            0 => self.store.insert_token(token, by, at_ms).await,
            // It is not good, and counts when it is restored.
            _ if self.is_revoked(&token) => self.store.insert_token(token, by, at_ms).await,
            most => Box::pin(self.insert_within(token, most, by, at_ms)).await,
        }
    }

    async fn insert_within(&self, token: Token, most: u64, by: Actor, at_ms: u64) -> Result<Inserted, StoreError> {
        let owner = token.user;
        let insert = || self.store.insert_token_within(token.clone(), most, by, at_ms);
        match insert().await? {
            Inserted::TooMany if self.finds_room(owner, most).await? => insert().await,
            inserted => Ok(inserted),
        }
    }

    /// Counts the tokens of an account that has no room, and says whether it has some. False where that would take too long, or was done a
    /// moment ago.
    pub(super) async fn finds_room(&self, owner: UserId, most: u64) -> Result<bool, StoreError> {
        if !self.may_count(owner) {
            return Ok(false);
        }
        let mut count = Count::of(owner);
        for _ in 0..PARTS {
            count.go_on(&*self.store, LOOK_SIZE, self.clock.latest_ms()).await?;
            if let Some(known) = count.finished() {
                self.store.correct_token_counts(vec![(owner, known.corrected(count.good).ended)]).await?;
                return Ok(count.good < most);
            }
        }
        Ok(false)
    }

    /// Whether an account has more than [`MANY_TOKENS`] tokens in the store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_many(&self, owner: UserId) -> Result<bool, StoreError> {
        Ok(!self.store.large_accounts(vec![owner], MANY_TOKENS).await?.is_empty())
    }

    fn may_count(&self, owner: UserId) -> bool {
        let now_ms = self.clock.uptime_ms();
        let mut counted = self.counted_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= REMEMBERED {
            counted.retain(|_, ms| now_ms < ms.saturating_add(RECOUNT_MS));
        }
        let is_due = counted.get(&owner).is_none_or(|ms| now_ms >= ms.saturating_add(RECOUNT_MS));
        if !is_due || counted.len() >= REMEMBERED {
            return false;
        }
        counted.insert(owner, now_ms);
        true
    }
}

/// The tokens of one account, while they are counted.
#[derive(Debug)]
struct Count {
    owner: UserId,
    good: u64,
    /// What stood in the store before the first part.
    known: Option<TokenCount>,
    next: Option<TokenId>,
}

impl Count {
    fn of(owner: UserId) -> Self {
        Self { owner, good: 0, known: None, next: None }
    }

    /// Counts some more; says how many were looked at.
    async fn go_on(&mut self, store: &dyn Store, look: usize, now_ms: u64) -> Result<usize, StoreError> {
        let CountedTokens { good, seen, next, before } =
            store.count_tokens(self.owner, now_ms, self.next, look).await?;
        self.known.get_or_insert(before);
        self.good += good;
        self.next = next;
        Ok(seen)
    }

    /// What stood in the store before, once all tokens are counted.
    fn finished(&self) -> Option<TokenCount> {
        self.known.filter(|_| self.next.is_none())
    }
}

/// Corrects how many good tokens each account has, some accounts at a time, from the store's first account to its last.
#[derive(Debug)]
pub struct TokenCounts {
    most: u64,
    last_account: Option<UserId>,
    accounts: VecDeque<UserId>,
    current: Option<Count>,
    /// How many accounts of this round have more than they may.
    beyond: u64,
    has_warned: bool,
}

impl TokenCounts {
    /// Begins with the store's first account. `most` is `token.max_per_account`; none where there is no limit.
    #[must_use]
    pub fn bounded_by(most: u64) -> Option<Self> {
        let begun =
            Self { most, last_account: None, accounts: VecDeque::new(), current: None, beyond: 0, has_warned: false };
        (most > 0).then_some(begun)
    }

    /// Counts the next tokens, about [`LOOK_SIZE`], of at most [`PAGE_SIZE`] accounts. Returns whether these were the store's last: then it
    /// starts again. The first time it warns of accounts that have more than they may.
    ///
    /// # Errors
    /// [`StoreError`]; the next step does the rest again.
    pub async fn correct_some(&mut self, store: &dyn Store, now_ms: u64) -> Result<bool, StoreError> {
        let (mut corrections, mut look, mut is_last) = (Vec::new(), LOOK_SIZE, false);
        for _ in 0..PAGE_SIZE {
            let Some(count) = self.next_account(store).await? else {
                is_last = true;
                break;
            };
            let seen = count.go_on(store, look, now_ms).await?;
            look = look.saturating_sub(seen);
            if let Some(known) = count.finished() {
                let corrected = known.corrected(count.good);
                if corrected != known {
                    corrections.push((count.owner, corrected.ended));
                }
                self.beyond += u64::from(count.good > self.most);
                self.current = None;
            }
            if look == 0 {
                break;
            }
        }
        if !corrections.is_empty() {
            store.correct_token_counts(corrections).await?;
        }
        if is_last {
            self.end_round();
        }
        Ok(is_last)
    }

    async fn next_account(&mut self, store: &dyn Store) -> Result<Option<&mut Count>, StoreError> {
        if self.current.is_none() {
            if self.accounts.is_empty() {
                let page = store.dump_users(self.last_account, PAGE_SIZE).await?;
                self.last_account = page.last().map(|row| row.user.id);
                let there = page.iter().filter(|row| row.removed_ms.is_none());
                self.accounts = there.map(|row| row.user.id).collect();
            }
            self.current = self.accounts.pop_front().map(Count::of);
        }
        Ok(self.current.as_mut())
    }

    fn end_round(&mut self) {
        if self.beyond > 0 && !self.has_warned {
            tracing::warn!(
                accounts = self.beyond,
                token.max_per_account = self.most,
                "accounts have more tokens than token.max_per_account allows; they mint none until some have ended"
            );
        }
        (self.beyond, self.has_warned, self.last_account) = (0, true, None);
    }
}
