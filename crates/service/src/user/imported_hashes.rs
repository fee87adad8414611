//! Measures imported hashes before the first refusal by them, so that even the first refusal waits long enough.
//!
//! Reads all accounts once, then those that change, also by an import that runs next to the server. When it is not known which
//! have changed, reads all again. A hash that is missed is measured by its first refusal.

use std::time::Duration;

use super::accounts::Accounts;
use super::argon2id;
use super::foreign_hash;
use super::hash_pool::Queue;
use super::password::Password;
use zonemint_base::clock::ticks;
use zonemint_base::model::{PasswordHash, User, UserId};
use zonemint_store::StoreError;
use zonemint_telemetry::error_chain;

/// The pause after an error of the store.
const PAUSE: Duration = Duration::from_mins(1);

impl Accounts {
    /// Measures the imported hashes of all accounts, and of accounts that change. Never returns.
    pub async fn keep_measuring_imported_hashes(&self) {
        let mut changed = self.changed_users.receiver.lock().await;
        let mut next = None;
        let mut tries = ticks(PAUSE);
        loop {
            let measured = match next {
                None => self.measure_all_hashes().await,
                Some(id) => self.measure_hash_of(id).await,
            };
            if let Err(error) = measured {
                tracing::warn!(error = %error_chain(&error), "cannot measure imported password hashes; retrying");
                tries.reset();
                tries.tick().await;
                next = None;
                continue;
            }
            match changed.recv().await {
                Some(what) => next = what,
                None => return,
            }
        }
    }

    async fn measure_all_hashes(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page;
            (page, after) = self.some(after).await?;
            for user in &page {
                self.measure_hash(user).await;
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn measure_hash_of(&self, id: UserId) -> Result<(), StoreError> {
        if let Some(user) = self.store.user(id).await? {
            self.measure_hash(&user).await;
        }
        Ok(())
    }

    async fn measure_hash(&self, user: &User) {
        let Some(stored) = self.comparable_password(user) else { return };
        let nobodys = Password::dearest(&self.random);
        let work = foreign_hash::work(stored.expose(), &nobodys.lengths()).ok();
        if work.is_some_and(|work| work != self.own_work && self.refusal_time.is_dearest(work)) {
            // When the pool is full, the first refusal by such a hash measures it.
            let _ = self.compare(nobodys, Some(stored), true, Queue::Other).await;
        }
    }

    /// The hash that the user can sign in with. An imported one that takes more memory than there is room for is none, and logged
    /// with the way to mend it. The settings bound our own.
    pub(super) fn comparable_password(&self, user: &User) -> Option<PasswordHash> {
        let stored = user.usable_password()?;
        let memory = foreign_hash::memory(stored.expose());
        if memory <= self.hash_room || argon2id::is_argon2id(stored) {
            return Some(stored.clone());
        }
        let name = user.name.as_ref().map_or_else(|| user.id.to_string(), ToString::to_string);
        tracing::error!(
            user.id = %user.id,
            "the imported password hash takes {} MiB of memory and {} MiB are available, so no password matches it: give the server more \
             memory, or set a new password with `zonemint user password {name}`",
            memory.div_ceil(1 << 20),
            self.hash_room >> 20,
        );
        None
    }
}
