//! What is remembered of a stored token.

use std::sync::atomic::{AtomicU32, Ordering};

use zonemint_base::model::{KeyId, TokenForm, UserId};
use zonemint_caveat::TokenKind;
use zonemint_macaroon::RootSecret;

/// Texts of one token: its holder can write any number of narrower ones.
const TEXTS_OF_TOKEN: u32 = 16;

/// Where what is known of a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// From memory, when it is there.
    Remembered,
    /// From the store, each time.
    Stored,
}

/// What verification needs of a stored token.
pub(super) struct Remembered {
    pub(super) owner: UserId,
    pub(super) form: TokenForm,
    pub(super) kind: TokenKind,
    /// The root key that the secret comes from; none for a token of another service.
    pub(super) key: Option<KeyId>,
    pub(super) secret: RootSecret,
    /// From when on it is refused, as in [`Token::revoked_ms`].
    pub(super) revoked_ms: Option<u64>,
    /// The minute of the last use that was noted, or the first minute of its day where no more is kept.
    pub(super) last_noted: AtomicU32,
    /// How many of its texts are in [`SignedTexts`](super::signed_texts::SignedTexts).
    pub(super) texts: TextCount,
}

/// How many texts of a token are remembered.
#[derive(Debug, Default)]
pub(super) struct TextCount(AtomicU32);

impl TextCount {
    pub(super) fn take_one(&self) -> bool {
        let more = |count| (count < TEXTS_OF_TOKEN).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    pub(super) fn give_back(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
