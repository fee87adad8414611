//! The HMAC-SHA256 chain of libmacaroons' V1: what each packet does to the signature.

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::key::{RootSecret, Signature};

type HmacSha256 = Hmac<Sha256>;

/// The fixed key under which libmacaroons turns a caller's secret into the chain's first key.
static KEY_GENERATOR: LazyLock<HmacSha256> = LazyLock::new(|| keyed(b"macaroons-key-generator"));

fn keyed(key: &[u8]) -> HmacSha256 {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104 section 2)")]
    HmacSha256::new_from_slice(key).expect("HMAC takes any key length")
}

fn finish(mac: HmacSha256) -> Signature {
    Signature(mac.finalize().into_bytes().into())
}

fn hmac(key: &[u8], message: &[u8]) -> Signature {
    let mut mac = keyed(key);
    mac.update(message);
    finish(mac)
}

/// The signature over the identifier alone.
pub(super) fn start(secret: &RootSecret, identifier: &[u8]) -> Signature {
    let mut mac = KEY_GENERATOR.clone();
    mac.update(secret.bytes());
    let derived = finish(mac);
    hmac(&derived.0, identifier)
}

/// A first-party caveat: `HMAC(signature, cid)`.
pub(super) fn first_party(signature: &[u8], cid: &[u8]) -> Signature {
    hmac(signature, cid)
}

/// A third-party caveat: `HMAC(signature, HMAC(signature, vid) || HMAC(signature, cid))`.
pub(super) fn third_party(signature: &[u8], vid: &[u8], cid: &[u8]) -> Signature {
    let mut mac = keyed(signature);
    mac.update(&hmac(signature, vid).0);
    mac.update(&hmac(signature, cid).0);
    finish(mac)
}
