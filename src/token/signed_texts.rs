//! A cache of token texts whose signature was verified, so that a text that comes again is neither decoded nor verified again.
//!
//! An entry says no more than this: the text parses to these caveats, and the secret of this record signed it. Everything that can
//! change (revocation, the generation, the root key, the time, each caveat) is judged for each request. Tokens that are in no store
//! have no record, so their texts are never here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::kind::TokenType;
use super::service::Remembered;
use crate::caveat::Caveat;
use crate::model::TokenId;
use crate::random::Random;

/// Memory for all entries, in bytes, as [`Size`] estimates it.
const MOST_BYTES: u64 = 16 << 20;
/// Longer texts, in characters, are verified each time: most tokens have 200 to 500.
const LONGEST_TEXT: usize = 2_048;
/// Texts of one token: its holder can write any number of narrower ones.
const TEXTS_OF_TOKEN: u32 = 16;
/// An entry without its caveats, and its place in the cache, in bytes.
const ENTRY: u64 = 256;

/// A SHA-256 over a random block of this process and the text. Without the block nobody can find two texts of the same digest.
type Digest = [u8; 32];

/// Texts by their digests.
pub(super) struct SignedTexts {
    /// After the random block.
    keyed: Sha256,
    texts: Cache<Digest, Arc<SignedText>, Size>,
}

/// What a text says whose signature is right.
pub(super) struct SignedText {
    pub(super) id: TokenId,
    pub(super) kind: TokenType,
    pub(super) caveats: Arc<[Caveat]>,
    /// The record with whose secret the signature was verified. The entry counts only while this is the one that is remembered: what
    /// the change feed drops, or a new record replaces, takes its texts along.
    pub(super) signer: Arc<Remembered>,
    length: usize,
}

/// How many texts of a token are remembered.
#[derive(Debug, Default)]
pub(super) struct TextCount(AtomicU32);

impl SignedTexts {
    /// Remembers nothing yet.
    pub(super) fn new(random: &Random) -> Self {
        let keyed = Sha256::new_with_prefix(random.bytes::<64>());
        // So many of the most common length.
        let entries = MOST_BYTES / (ENTRY + 2 * 256);
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        Self { keyed, texts: Cache::with_weighter(entries, MOST_BYTES, Size) }
    }

    /// What is remembered of a text, and may be out of date.
    pub(super) fn get(&self, text: &str) -> Option<Arc<SignedText>> {
        if text.len() > LONGEST_TEXT { None } else { self.texts.get(&self.digest(text)) }
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
        self.texts.insert(self.digest(text), Arc::new(SignedText { id, kind, caveats, signer, length }));
    }

    /// How many texts are remembered.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    fn digest(&self, text: &str) -> Digest {
        self.keyed.clone().chain_update(text).finalize().into()
    }
}

impl Drop for SignedText {
    fn drop(&mut self) {
        self.signer.texts.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl TextCount {
    fn take_one(&self) -> bool {
        let more = |count| (count < TEXTS_OF_TOKEN).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
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
