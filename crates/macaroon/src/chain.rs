//! The HMAC-SHA256 chain of libmacaroons' V1: how each packet changes the signature.

use std::sync::LazyLock;

use hmac::KeyInit as _;
use hmac::block_api::HmacCore;
use hmac::digest::Key;
use hmac::digest::block_api::{Buffer, FixedOutputCore as _, UpdateCore as _};
use sha2::Sha256;

use super::signature::Signature;

/// HMAC by blocks: the same as `Hmac<Sha256>` without moves of its state, which took a seventh of the time of a mint.
type Keyed = HmacCore<Sha256>;

/// The fixed key under which libmacaroons turns a caller's secret into the chain's first key.
static KEY_GENERATOR: LazyLock<Keyed> = LazyLock::new(|| keyed(b"macaroons-key-generator"));

/// No key here is longer than the 64 bytes of a block, up to which HMAC fills it with zeros (RFC 2104 section 2).
fn keyed(key: &[u8]) -> Keyed {
    let mut block = Key::<Keyed>::default();
    block[..key.len()].copy_from_slice(key);
    Keyed::new(&block)
}

/// The message is the parts, one after the other.
fn hmac(mut key: Keyed, parts: &[&[u8]]) -> Signature {
    let mut buffer = Buffer::<Keyed>::default();
    for part in parts {
        buffer.digest_blocks(part, |blocks| key.update_blocks(blocks));
    }
    let mut signature = Signature([0; Signature::LENGTH]);
    key.finalize_fixed_core(&mut buffer, (&mut signature.0).into());
    signature
}

/// The chain's first key, from a caller's secret of any length.
pub(super) fn derive(secret: &[u8]) -> Signature {
    hmac(KEY_GENERATOR.clone(), &[secret])
}

/// The signature over the identifier alone; `key` is the result of [`derive`].
pub(super) fn start(key: &Signature, identifier: &[u8]) -> Signature {
    hmac(keyed(&key.0), &[identifier])
}

/// A first-party caveat: `HMAC(signature, cid)`.
pub(super) fn first_party(signature: &[u8], cid: &[u8]) -> Signature {
    hmac(keyed(signature), &[cid])
}

/// A third-party caveat: `HMAC(signature, HMAC(signature, vid) || HMAC(signature, cid))`.
pub(super) fn third_party(signature: &[u8], vid: &[u8], cid: &[u8]) -> Signature {
    let key = keyed(signature);
    let vid = hmac(key.clone(), &[vid]);
    let cid = hmac(key.clone(), &[cid]);
    hmac(key, &[&vid.0, &cid.0])
}
