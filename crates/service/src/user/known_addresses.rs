//! The addresses at which accounts have signed in: the newest few of each account, for some months, in the store.
//!
//! What is kept is a keyed hash of account and address. The keys come from the root keys, which the database holds only
//! sealed: who reads the database does not learn where anybody was. With several root keys each has a key of its own. What
//! was written under an older one is found as long as that root key is not retired, and written again under the active one.

use std::net::IpAddr;
use std::sync::OnceLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use zonemint_base::model::UserId;
use zonemint_store::{AddressHash, Store, StoreError};

/// How long an address is known after the last sign-in, in milliseconds: 90 days.
pub(super) const KEPT_MS: u64 = 90 * 86_400_000;
/// Gives the keys, the one to write under first. They are asked for at each use, because root keys change.
pub type AddressKeys = Box<dyn Fn() -> Vec<Zeroizing<Vec<u8>>> + Send + Sync>;

/// Where the keys come from, once that is known.
#[derive(Default)]
pub(super) struct KnownAddresses(pub(super) OnceLock<AddressKeys>);

impl KnownAddresses {
    /// The hash of an account's address under each key.
    pub(super) fn hashes(&self, owner: UserId, site: IpAddr) -> Vec<AddressHash> {
        let keys = self.0.get().map(|keys| keys()).unwrap_or_default();
        keys.iter().map(|key| hash(key, owner, site)).collect()
    }
}

fn hash(key: &[u8], owner: UserId, site: IpAddr) -> AddressHash {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104 section 2)")]
    let mut mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("HMAC takes any key length");
    mac.update(owner.as_bytes());
    match site {
        IpAddr::V4(address) => mac.update(&address.octets()),
        IpAddr::V6(address) => mac.update(&address.octets()),
    }
    mac.finalize().into_bytes().into()
}

/// Deletes at most `limit` addresses without a recent sign-in, and returns how many.
///
/// # Errors
/// [`StoreError`]; the next call does the same again.
pub async fn delete_old_addresses(store: &dyn Store, limit: usize, now_ms: u64) -> Result<usize, StoreError> {
    store.purge_addresses(now_ms.saturating_sub(KEPT_MS), limit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_accounts_addresses_and_keys_apart() {
        let (one, other) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let base = hash(b"key", one, address("192.0.2.1"));
        assert_eq!(base, hash(b"key", one, address("192.0.2.1")));
        for differing in [
            hash(b"key", other, address("192.0.2.1")),
            hash(b"key", one, address("192.0.2.2")),
            hash(b"another", one, address("192.0.2.1")),
        ] {
            assert_ne!(base, differing);
        }
    }
}
