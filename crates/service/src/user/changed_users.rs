//! Accounts that have changed, whose hashes are measured next.

use tokio::sync::{Mutex, mpsc};

use zonemint_base::model::UserId;

/// Most changed accounts that may wait.
const WAITING: usize = 10_000;

/// Accounts that have changed; none stands for all.
pub(super) struct ChangedUsers {
    sender: mpsc::Sender<Option<UserId>>,
    pub(super) receiver: Mutex<mpsc::Receiver<Option<UserId>>>,
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
        let _ = self.sender.try_send(Some(id));
    }

    /// Notes that any may have changed.
    pub(super) fn note_all(&self) {
        let _ = self.sender.try_send(None);
    }
}
