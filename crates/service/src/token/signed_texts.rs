//! A cache of token texts whose signature was verified, so that a text that comes again is neither decoded nor verified again.
//!
//! An entry says no more than this: the text parses to these caveats, and the secret of this record signed it. Everything that can
//! change (revocation, the generation, the root key, the time, each caveat) is judged for each request. Tokens that are in no store
//! have no record, so their texts are never here.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::remembered::Remembered;
use zonemint_base::keyed_digest::{Digest, KeyedDigest};
use zonemint_base::model::{TokenId, TokenType};
use zonemint_base::random::Random;
use zonemint_caveat::Caveat;

/// Memory for all entries, in bytes, as [`Size`] estimates it.
const MOST_BYTES: u64 = 16 << 20;
/// Longer texts, in characters, are verified each time: most tokens have 200 to 500.
const LONGEST_TEXT: usize = 2_048;
/// An entry without its caveats, and its place in the cache, in bytes.
const ENTRY: u64 = 256;

/// Texts by their digests.
pub(super) struct SignedTexts {
    digests: KeyedDigest,
    texts: Cache<Digest, Arc<SignedText>, Size>,
}

/// What a text says whose signature is right.
pub(super) struct SignedText {
    pub(super) id: TokenId,
    pub(super) kind: TokenType,
    pub(super) caveats: Arc<[Caveat]>,
    /// The record with whose secret the signature was verified. The entry is used only while this is the one in the cache of tokens: once
    /// the change feed has dropped it, or a new one has replaced it, the text is verified again.
    pub(super) signer: Arc<Remembered>,
    length: usize,
}

impl SignedTexts {
    /// Remembers nothing yet.
    pub(super) fn new(random: &Random) -> Self {
        // So many of the most common length.
        let entries = MOST_BYTES / (ENTRY + 2 * 256);
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        Self { digests: KeyedDigest::new(random), texts: Cache::with_weighter(entries, MOST_BYTES, Size) }
    }

    /// What is remembered of a text, and may be out of date.
    pub(super) fn get(&self, text: &str) -> Option<Arc<SignedText>> {
        if text.len() > LONGEST_TEXT { None } else { self.texts.get(&self.digests.of(text)) }
    }

    /// Remembers a text that `signer`'s secret signed, if there is room among those of its token.
    pub(super) fn insert(
        &self,
        text: &str,
        id: TokenId,
        kind: TokenType,
        caveats: &Arc<[Caveat]>,
        signer: &Arc<Remembered>,
    ) {
        if text.len() > LONGEST_TEXT || !signer.texts.take_one() {
            return;
        }
        let (caveats, signer, length) = (Arc::clone(caveats), Arc::clone(signer), text.len());
        self.texts.insert(self.digests.of(text), Arc::new(SignedText { id, kind, caveats, signer, length }));
    }

    /// How many texts are remembered.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

impl Drop for SignedText {
    fn drop(&mut self) {
        self.signer.texts.give_back();
    }
}

/// Parsed caveats take about twice the room of their text.
#[derive(Clone)]
struct Size;

impl Weighter<Digest, Arc<SignedText>> for Size {
    fn weight(&self, _: &Digest, text: &Arc<SignedText>) -> u64 {
        ENTRY + 2 * text.length as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::{TokenForm, UserId};
    use zonemint_caveat::TokenKind;
    use zonemint_macaroon::RootSecret;

    fn record() -> Arc<Remembered> {
        Arc::new(Remembered {
            owner: UserId::from_bytes([1; 16]),
            form: TokenForm::Bare,
            kind: TokenKind::Access,
            key: None,
            secret: RootSecret::new(b"secret"),
            revoked_ms: None,
            last_noted: 0.into(),
            texts: crate::token::remembered::TextCount::default(),
        })
    }

    #[test]
    fn a_text_that_is_replaced_gives_its_place_back() {
        let (texts, signer, random) = (SignedTexts::new(&Random::system()), record(), Random::system());
        let id = TokenId::new(1, &random);
        let insert = |text: &str| texts.insert(text, id, TokenType::Access, &[].into(), &signer);
        for _ in 0..40 {
            insert("one");
        }
        insert("two");
        assert_eq!(texts.len(), 2);
        for text in 0..40 {
            insert(&format!("{text}"));
        }
        assert_eq!(texts.len(), 16);
        assert!(texts.get("one").is_some_and(|found| Arc::ptr_eq(&found.signer, &signer)));
        insert(&"x".repeat(LONGEST_TEXT + 1));
        assert_eq!(texts.len(), 16);
    }

    #[test]
    fn another_process_has_other_digests() {
        let [one, other] = [SignedTexts::new(&Random::system()), SignedTexts::new(&Random::system())];
        assert_ne!(one.digests.of("text"), other.digests.of("text"));
        assert_eq!(one.digests.of("text"), one.digests.of("text"));
    }
}
