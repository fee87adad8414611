//! Looks for imported hashes that no refusal has been measured with, so that refusals wait long enough from the first one on.
//!
//! All accounts are read once, and then those that change, which an import beside the server does too. What is missed is measured
//! by its first refusal.

use tokio::sync::{Mutex, mpsc};

use super::accounts::Accounts;
use super::foreign_hash;
use super::hash_pool::Queue;
use super::password::Password;
use crate::model::{User, UserId};
use crate::store::{AfterUser, StoreError};

/// Accounts read at a time.
const AT_ONCE: usize = 500;
/// Changed accounts that may wait to be looked at.
const WAITING: usize = 10_000;

/// Accounts that have changed.
pub(super) struct ChangedUsers {
    sender: mpsc::Sender<UserId>,
    receiver: Mutex<mpsc::Receiver<UserId>>,
}

impl Default for ChangedUsers {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: Mutex::new(receiver) }
    }
}

impl ChangedUsers {
    /// Notes one, unless too many wait.
    pub(super) fn note(&self, id: UserId) {
        let _ = self.sender.try_send(id);
    }
}

impl Accounts {
    /// Measures imported hashes: those that there are, and for ever those that come.
    ///
    /// # Errors
    /// [`StoreError`] when the accounts cannot be read.
    pub async fn keep_measuring_imported_hashes(&self) -> Result<(), StoreError> {
        let mut changed = self.changed_users.receiver.lock().await;
        let mut after = None;
        loop {
            let page = self.list(after, AT_ONCE).await?;
            for user in &page {
                self.measure_hash(user).await;
            }
            match page.last() {
                Some(last) if page.len() == AT_ONCE => {
                    after = Some(AfterUser { name: last.name.clone(), id: last.id });
                }
                _ => break,
            }
        }
        while let Some(id) = changed.recv().await {
            if let Some(user) = self.store.user(id).await? {
                self.measure_hash(&user).await;
            }
        }
        Ok(())
    }

    async fn measure_hash(&self, user: &User) {
        let Some(stored) = user.usable_password() else { return };
        let work = foreign_hash::work(stored.expose()).ok();
        if work.is_some_and(|work| work != self.own_work && self.refusal_time.is_dearest(work)) {
            let nobodys = Password::generate(&self.random);
            // When the pool is full, the first refusal by such a hash measures it.
            let _ = self.compare(nobodys, Some(stored.clone()), true, Queue::Other).await;
        }
    }
}
