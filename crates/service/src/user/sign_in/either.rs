//! Signing in by one of two readings of a password, as some clients of OAuth make necessary.

use std::sync::{Arc, PoisonError};

use super::{Accounts, Attempt, Charges, DeniedLogin, LoginError, PresentedPassword, Proof, Source};
use zonemint_base::model::User;

impl Attempt<'_> {
    /// Gives back what a refusal has cost, because another reading of what was sent was right.
    fn give_back(&self) {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner).take();
        spent.into_iter().for_each(Charges::give_back);
    }
}

/// A refusal that is counted unless another reading is right, also when the client does not wait for that.
struct CountedWhenDropped<'a> {
    accounts: &'a Accounts,
    refused: Option<DeniedLogin>,
    source: Source,
}

impl CountedWhenDropped<'_> {
    fn disarm(mut self) {
        self.refused = None;
    }
}

impl Drop for CountedWhenDropped<'_> {
    fn drop(&mut self) {
        if let Some(refused) = self.refused.take() {
            self.accounts.metrics.login(&Err(self.accounts.deny(refused, self.source)));
        }
    }
}

impl Accounts {
    /// Signs a user in by one of two readings of a password that a client has sent: as it is, and percent-decoded. Each is an
    /// attempt of its own; if the second is right, the first has cost nothing.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub async fn sign_in_by_either(
        &self,
        name: &str,
        readings: [PresentedPassword<'_>; 2],
        source: Source,
    ) -> Result<Arc<User>, LoginError> {
        let [first, second] = readings.map(|password| self.attempt(name, password, source));
        let outcome = self.find_by_either(&first, &second).await;
        self.metrics.login(&outcome);
        outcome.map(|(user, _)| user)
    }

    async fn find_by_either(
        &self,
        first: &Attempt<'_>,
        second: &Attempt<'_>,
    ) -> Result<(Arc<User>, Proof), LoginError> {
        for attempt in [first, second] {
            let here = self.credentials.at(attempt.credential, attempt.claim.site());
            if self.throttle.check(attempt.claim).is_ok()
                && let Some(user) = self.remembered_here(here).await?
            {
                return Ok((user, Proof::Remembered));
            }
        }
        // Both were looked for among the passwords that are remembered, so both are charged, whatever becomes of the first.
        let spare = self.throttle.charge_pair(second.claim).map_err(|error| self.deny(error.into(), second.source))?;
        let refused = match self.find_who(first).await {
            Err(denied) if matches!(denied.error, LoginError::Refused) => denied,
            other => {
                if other.is_ok() {
                    spare.give_back();
                }
                return other.map_err(|denied| self.deny(denied, first.source));
            }
        };
        let counted = CountedWhenDropped { accounts: self, refused: Some(refused), source: first.source };
        let outcome = self.find_who(second).await;
        match &outcome {
            Ok(_) => {
                spare.give_back();
                counted.disarm();
                first.give_back();
            }
            // It has been charged for itself.
            Err(denied) if matches!(denied.error, LoginError::Refused) => spare.give_back(),
            Err(_) => {}
        }
        outcome.map_err(|denied| self.deny(denied, second.source))
    }
}
