//! Whether an account has signed in from an address before.

use super::accounts::Accounts;
use super::known_addresses::{AddressKeys, KEPT_MS};
use super::throttle::{Claim, Standing};
use zonemint_base::model::UserId;
use zonemint_store::{SeenAddress, StoreError};
use zonemint_telemetry::error_chain;

/// Addresses of an account that are known: at home, at work, on the road, and those of a few machines.
const MOST: usize = 8;
/// After how long it is written again that an account has signed in somewhere, in milliseconds: once a day.
const REFRESH_MS: u64 = 86_400_000;

/// What the store says of an account at an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) standing: Standing,
    /// Whether a sign-in is to be written down.
    pub(super) is_due: bool,
}

impl Accounts {
    /// Has addresses kept in the store, hashed under these keys. Without, an address is known only until the program ends.
    pub fn keep_known_addresses(&self, keys: AddressKeys) {
        let _ = self.known_addresses.0.set(keys);
    }

    /// Whether the account has signed in from there. `owner` is none for a name that nobody has; that takes as long.
    pub(super) async fn sighting(&self, claim: Claim, owner: Option<UserId>) -> Result<Sighting, StoreError> {
        if let Some(standing) = self.throttle.standing(claim) {
            return Ok(Sighting { standing, is_due: standing == Standing::Unknown });
        }
        let someone = owner.unwrap_or(UserId::from_bytes([0; 16]));
        let hashes = self.known_addresses.hashes(someone, claim.site());
        let oldest_ms = self.clock.now_ms().saturating_sub(KEPT_MS);
        let seen = self.store.known_addresses(someone).await?;
        let newest = seen.iter().filter(|seen| hashes.contains(&seen.address)).map(|seen| seen.seen_ms).max();
        let newest = newest.filter(|seen_ms| *seen_ms > oldest_ms);
        let standing = if newest.is_some() { Standing::Known } else { Standing::Unknown };
        self.throttle.set_standing(claim, standing);
        let is_due = newest.is_none_or(|seen_ms| seen_ms.saturating_add(REFRESH_MS) <= self.clock.now_ms());
        Ok(Sighting { standing, is_due })
    }

    /// Writes down that the account has signed in from there. A failure only makes the next sign-in wait its turn.
    pub(super) async fn note_address(&self, claim: Claim, owner: UserId, sighting: Sighting) {
        self.throttle.set_standing(claim, Standing::Known);
        let hashes = self.known_addresses.hashes(owner, claim.site());
        let Some((address, former)) = hashes.split_first().filter(|_| sighting.is_due) else { return };
        let now_ms = self.clock.now_ms();
        let seen = SeenAddress { owner, address: *address, seen_ms: now_ms };
        let noted = self.store.note_address(seen, former.to_vec(), now_ms.saturating_sub(KEPT_MS), MOST).await;
        if let Err(error) = noted {
            tracing::warn!(error = %error_chain(&error), "cannot store the address of a sign-in");
        }
    }
}
