//! Equal attempts share one result: the first one is checked, the others wait for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::credential_cache::CredentialMac;

/// What is being checked. `T` is the result.
pub(super) struct InFlight<T>(Mutex<HashMap<CredentialMac, watch::Receiver<Option<T>>>>);

/// What an attempt does.
pub(super) enum Part<'a, T: Clone> {
    /// No equal attempt is being checked: this one is, and publishes the result.
    Lead(Lead<'a, T>),
    /// Wait for the result; none when the attempt that was being checked was given up.
    Follow(Follow<T>),
}

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> InFlight<T> {
    pub(super) fn join(&self, credential: CredentialMac) -> Part<'_, T> {
        match self.lock().entry(credential) {
            Entry::Occupied(checked) => Part::Follow(Follow(checked.get().clone())),
            Entry::Vacant(free) => {
                let (result, receiver) = watch::channel(None);
                free.insert(receiver);
                Part::Lead(Lead { all: self, credential, result })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CredentialMac, watch::Receiver<Option<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The attempt that is checked, and publishes the result. When it is dropped without one, a waiting attempt takes the lead.
pub(super) struct Lead<'a, T: Clone> {
    all: &'a InFlight<T>,
    credential: CredentialMac,
    result: watch::Sender<Option<T>>,
}

impl<T: Clone> Lead<'_, T> {
    pub(super) fn finish(self, result: &T) {
        self.result.send_replace(Some(result.clone()));
    }
}

impl<T: Clone> Drop for Lead<'_, T> {
    fn drop(&mut self) {
        self.all.lock().remove(&self.credential);
    }
}

pub(super) struct Follow<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Follow<T> {
    pub(super) async fn result(mut self) -> Option<T> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_wait_get_the_result_of_the_first() {
        let all = InFlight::default();
        let credential = CredentialMac::of_test(1);
        let Part::Lead(lead) = all.join(credential) else { panic!("nobody else checks it") };
        let Part::Follow(follow) = all.join(credential) else { panic!("it is being checked") };
        assert!(matches!(all.join(CredentialMac::of_test(2)), Part::Lead(_)));
        lead.finish(&7);
        assert_eq!(follow.result().await, Some(7));
        assert!(matches!(all.join(credential), Part::Lead(_)), "a result is told once");
    }

    #[tokio::test]
    async fn an_attempt_that_is_given_up_has_no_result() {
        let all = InFlight::<i32>::default();
        let Part::Lead(lead) = all.join(CredentialMac::of_test(1)) else { panic!("nobody else checks it") };
        let Part::Follow(follow) = all.join(CredentialMac::of_test(1)) else { panic!("it is being checked") };
        drop(lead);
        assert_eq!(follow.result().await, None);
    }
}
