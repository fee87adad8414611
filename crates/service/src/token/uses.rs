//! Uses of tokens: when each was last used, and how often those of an account are used on a day.

use std::collections::HashMap;
use std::mem;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::error::ManageError;
use super::remembered::Remembered;
use super::service::{MINUTES_OF_DAY, TokenService};
use super::use_counts::day_of;
use super::verdict::Authenticated;
use crate::caller::Caller;
use zonemint_base::model::{LastUse, Network, TokenId, TokenUse, UserId};
use zonemint_caveat::Request;
use zonemint_store::{DayOfUses, StoreError};

/// Tokens whose last uses may wait to be written; each takes up to half a kilobyte. Uses of others are not noted before the next
/// minute, or the next day.
const MOST_USES: usize = 100_000;
/// Records that are written in one transaction.
const AT_ONCE: usize = 500;

impl TokenService {
    /// Notes that a token was used: the first use of each minute, or of each day where no more is kept. It is written later, many
    /// at once.
    pub(super) fn used(&self, id: TokenId, remembered: &Remembered, request: &Request, host: Option<&str>) {
        let minute = u32::try_from(request.now / 60).unwrap_or(u32::MAX);
        let noted = if self.settings.keep_last_use { minute } else { minute - minute % MINUTES_OF_DAY };
        if remembered.last_noted.load(Ordering::Relaxed) < noted
            && remembered.last_noted.swap(noted, Ordering::Relaxed) < noted
        {
            self.note_use(id, minute, request, host);
        }
    }

    /// Apart from what each use does.
    #[cold]
    fn note_use(&self, token: TokenId, minute: u32, request: &Request, host: Option<&str>) {
        let last = self.settings.keep_last_use.then(|| LastUse {
            minute,
            network: request.peer.map(|address| Network::kept_of(address).to_string()),
            service: host.map(str::to_owned).or_else(|| request.service.as_ref().map(ToString::to_string)),
        });
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() < MOST_USES || uses.contains_key(&token) {
            uses.insert(token, TokenUse { token, day: minute / MINUTES_OF_DAY, last });
        }
    }

    /// Writes the uses noted so far.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be written; they are lost, and each token's next use is noted again.
    pub async fn write_uses(&self) -> Result<(), StoreError> {
        let uses = mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner));
        let uses: Vec<_> = uses.into_values().collect();
        for uses in uses.chunks(AT_ONCE) {
            self.store.touch_tokens(uses.to_vec()).await?;
        }
        Ok(())
    }

    /// Counts a use of a token that was found good, and whose subject is there and not blocked.
    pub fn count(&self, token: &Authenticated) {
        self.counts.count(token.subject.id, day_of(token.at));
    }

    /// How often tokens of an account were used, all nodes together, on each of the last `days` up to this one: the day in days
    /// since the Unix epoch, and the count. What nodes have not written yet is not in it.
    ///
    /// # Errors
    /// [`ManageError`] when the caller may not see it, or it cannot be read.
    pub async fn uses_of(&self, owner: UserId, days: u32, by: &Caller) -> Result<Vec<(u32, u64)>, ManageError> {
        by.must_handle_tokens_of(owner)?;
        let today = day_of(self.clock.now_s());
        let from = today.saturating_sub(days.saturating_sub(1));
        let noted = self.store.uses_of(owner, from).await?;
        let counts: HashMap<u32, u64> = noted.into_iter().map(|noted| (noted.day, noted.count)).collect();
        Ok((from..=today).map(|day| (day, counts.get(&day).copied().unwrap_or(0))).collect())
    }

    /// Writes what was counted so far.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be written, or it is not known whether it was; it is kept, to be written the next time.
    /// Where it had been written after all, uses are counted twice.
    pub async fn write_counts(&self) -> Result<(), StoreError> {
        let mut waiting = self.counts.waiting.lock().await;
        self.counts.collect(&mut waiting);
        let lost = self.counts.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(uses = lost, "uses of tokens were not counted: too many accounts at once");
        }
        while !waiting.is_empty() {
            let part: Vec<_> =
                waiting.iter().take(AT_ONCE).map(|(&(owner, day), &count)| DayOfUses { owner, day, count }).collect();
            let written = self.store.add_uses(part.clone());
            for DayOfUses { owner, day, .. } in &part {
                waiting.remove(&(*owner, *day));
            }
            if let Err(error) = written.await {
                waiting.extend(part.iter().map(|part| ((part.owner, part.day), part.count)));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Waits until there are many counts to write.
    pub async fn many_counts(&self) {
        self.counts.filling.notified().await;
    }
}
