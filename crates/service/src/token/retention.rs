//! How long what has ended is kept: expired tokens for `store.keep_expired`, days of uses for as long as a request may ask for them.
//!
//! This decides what is old enough; when it is looked for, `app` schedules.

use super::use_counts::oldest_day;
use zonemint_base::model::{Period, TokenId};
use zonemint_store::{Store, StoreError};

/// Deletes tokens that expired long enough ago, some at a time, from the store's first token to its last.
#[derive(Debug)]
pub struct ExpiredTokens {
    keep: Period,
    place: Option<TokenId>,
}

impl ExpiredTokens {
    /// Begins with the store's first token. `keep` is how long an expired one stays.
    #[must_use]
    pub fn kept_for(keep: Period) -> Self {
        Self { keep, place: None }
    }

    /// Checks the next `limit` tokens. Returns how many were deleted, and whether these were the store's last: then it starts again.
    ///
    /// # Errors
    /// [`StoreError`]; the next step does the same again.
    pub async fn delete_some(
        &mut self,
        store: &dyn Store,
        limit: usize,
        now_ms: u64,
    ) -> Result<(usize, bool), StoreError> {
        let ended_before_s = now_ms.saturating_sub(self.keep.ms()) / 1_000;
        let purged = store.purge_tokens(ended_before_s, self.place, limit, now_ms).await?;
        self.place = purged.next;
        Ok((purged.removed, self.place.is_none()))
    }
}

/// Deletes at most `limit` days of uses that no request can ask for any more, and returns how many.
///
/// # Errors
/// [`StoreError`]; the next call does the same again.
pub async fn delete_old_uses(store: &dyn Store, limit: usize, now_ms: u64) -> Result<usize, StoreError> {
    store.purge_uses(oldest_day(now_ms / 1_000), limit).await
}
