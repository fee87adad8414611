//! TLS sessions, sealed for the clients that keep them: each node resumes what any node has sealed, and none stores anything.
//!
//! The keys come from root keys of the keyring, one for each hour and certificate chain. A ticket is the root key's id (8 bytes), the
//! hour since the Unix epoch (8 bytes, big endian), a nonce, and the ciphertext.

use super::keyring::{Keyring, open, seal};
use super::service::TokenService;
use zonemint_base::model::KeyId;

/// The hour in which a session was sealed, and so many hours after it, it is opened. So no session is opened later than 12 hours after it
/// was sealed by a clock that is right, or 13 by one that was an hour ahead.
const HOURS_AFTER: u64 = 11;
/// How long a session may be resumed, in seconds: what clients are told.
pub const SESSION_LIFETIME_S: u32 = 12 * 60 * 60;
/// Another node's clock may be ahead: then its hour begins earlier than ours.
const HOURS_AHEAD: u64 = 1;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Longer tickets are none of ours. A session has at most 340 bytes, with the longest name of a server.
const LONGEST: usize = 512;

/// The public part of a ticket that says which key opens it.
struct KeyName([u8; 16]);

impl KeyName {
    fn new(root: KeyId, hour: u64) -> Self {
        let mut name = [0; 16];
        let (id, of_hour) = name.split_at_mut(8);
        id.copy_from_slice(root.as_bytes());
        of_hour.copy_from_slice(&hour.to_be_bytes());
        Self(name)
    }

    fn root(&self) -> KeyId {
        KeyId::from_bytes(std::array::from_fn(|at| self.0[at]))
    }

    fn hour(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|at| self.0[8 + at]))
    }

    /// The key is another one for each root key, hour and certificate chain.
    fn key(&self, keyring: &Keyring, chain: &[u8; 32]) -> Option<zeroize::Zeroizing<[u8; 32]>> {
        keyring.session_key(self.root(), &self.0, chain)
    }
}

impl TokenService {
    /// Seals a session for the client that keeps it. `chain` is the SHA-256 of the certificate chain that the client has seen. None when
    /// there is no root key.
    #[must_use]
    pub fn seal_session(&self, chain: &[u8; 32], session: &[u8]) -> Option<Vec<u8>> {
        let keyring = self.keyring();
        let name = KeyName::new(keyring.active(self.clock.uptime_ms())?, self.hour());
        let sealed = seal(&*name.key(&keyring, chain)?, &name.0, session, &self.random)?;
        Some([name.0.as_slice(), &sealed].concat())
    }

    /// Takes back what any node has sealed. None for anything else, when it is too old, when the chain is another one, and when the root
    /// key was retired since.
    #[must_use]
    pub fn open_session(&self, chain: &[u8; 32], ticket: &[u8]) -> Option<Vec<u8>> {
        if ticket.len() > LONGEST {
            return None;
        }
        let (name, sealed) = ticket.split_first_chunk::<16>()?;
        let (name, now) = (KeyName(*name), self.hour());
        if !(now.saturating_sub(HOURS_AFTER)..=now + HOURS_AHEAD).contains(&name.hour()) {
            return None;
        }
        let mut session = open(&*name.key(&self.keyring(), chain)?, &name.0, sealed)?;
        Some(std::mem::take(&mut *session))
    }

    fn hour(&self) -> u64 {
        self.clock.now_ms() / HOUR_MS
    }
}
