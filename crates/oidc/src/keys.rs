//! The issuer's public keys (JWKS, RFC 7517).

use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::error::{InvalidToken, Outage};

/// Most keys of a set: more are no rotation, and a token without `kid` is compared with each.
const MOST: usize = 100;

/// A key that may sign.
pub(crate) struct Key {
    id: Option<String>,
    kind: String,
    curve: Option<String>,
    /// The only `alg` that it is for, if the set says so.
    alg: Option<String>,
    material: DecodingKey,
}

impl Key {
    /// Whether its type, its curve and its own `alg` are those of the algorithm.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        let (kind, curve) = algorithm.key();
        let is_for_it = self.alg.as_deref().is_none_or(|alg| Algorithm::named(alg) == Some(algorithm));
        self.kind == kind && (curve.is_none() || self.curve.as_deref() == curve) && is_for_it
    }

    /// What jsonwebtoken verifies with.
    pub(crate) fn material(&self) -> &DecodingKey {
        &self.material
    }

    /// None for keys that sign nothing here: of a shared secret (`oct`), for encryption, of another type or curve.
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let verifies = match jwk.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array()?.iter().any(|operation| operation == "verify"),
        };
        if !verifies || text("use").is_some_and(|used| used != "sig") {
            return None;
        }
        let (kind, curve) = (text("kty")?, text("crv"));
        let material = match (kind, curve) {
            ("RSA", _) => DecodingKey::from_rsa_components(text("n")?, text("e")?),
            ("EC", Some("P-256" | "P-384")) => DecodingKey::from_ec_components(text("x")?, text("y")?),
            ("OKP", Some("Ed25519")) => DecodingKey::from_ed_components(text("x")?),
            _ => return None,
        };
        let owned = |name| text(name).map(str::to_owned);
        let (id, alg) = (owned("kid"), owned("alg"));
        Some(Self { id, kind: kind.to_owned(), curve: curve.map(str::to_owned), alg, material: material.ok()? })
    }
}

/// The keys of one issuer.
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Ignores keys that cannot be used (RFC 7517 section 5).
    pub(crate) fn read(set: &Map<String, Value>) -> Result<Self, Outage> {
        let malformed = |why| Outage::Malformed { what: "key set", why };
        let keys = set.get("keys").and_then(Value::as_array).ok_or(malformed("it has no array keys"))?;
        if keys.len() > MOST {
            return Err(malformed("it has more than 100 keys"));
        }
        Ok(Self(keys.iter().filter_map(Value::as_object).filter_map(Key::read).collect()))
    }

    /// How many can be used.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The one key that the header means. Several of one `kid` are told apart by their type (RFC 7517 section 4.5).
    pub(crate) fn find(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<&Key, InvalidToken> {
        let is_meant = |key: &&Key| key.fits(algorithm) && (kid.is_none() || key.id.as_deref() == kid);
        let mut fitting = self.0.iter().filter(is_meant);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (None, _) if kid.is_some() => Err(InvalidToken::UnknownKey),
            _ => Err(InvalidToken::AmbiguousKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(keys: &Value) -> KeySet {
        KeySet::read(json!({ "keys": keys }).as_object().unwrap()).unwrap()
    }

    fn found(set: &KeySet, algorithm: Algorithm, kid: Option<&str>) -> Result<Option<String>, InvalidToken> {
        set.find(algorithm, kid).map(|key| key.id.clone())
    }

    #[test]
    fn keys_that_cannot_sign_are_ignored() {
        let usable = set(&json!([
            { "kty": "oct", "k": "c2VjcmV0", "kid": "a" },
            { "kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc" },
            { "kty": "RSA", "n": "AQAB", "e": "AQAB", "key_ops": ["encrypt"] },
            { "kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ" },
            { "kty": "OKP", "crv": "X25519", "x": "AQ" },
            { "kty": "RSA", "n": 7, "e": "AQAB" },
            { "kty": "new" },
            "no object",
        ]));
        assert_eq!(usable.len(), 0);
        let ops = set(&json!([{ "kty": "RSA", "n": "AQAB", "e": "AQAB", "key_ops": ["verify"], "use": "sig" }]));
        assert_eq!(ops.len(), 1);
        for bad in [json!({}), json!({ "keys": {} }), json!({ "keys": vec![0; 101] })] {
            assert!(KeySet::read(bad.as_object().unwrap()).is_err());
        }
    }

    #[test]
    fn a_key_is_found_by_its_id_and_without_one_only_where_there_is_no_choice() {
        let keys = set(&json!([
            { "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "one" },
            { "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "two", "alg": "PS256" },
            { "kty": "OKP", "crv": "Ed25519", "x": "AQ", "kid": "ed" },
        ]));
        assert_eq!(found(&keys, Algorithm::Rs256, Some("one")), Ok(Some("one".to_owned())));
        assert_eq!(found(&keys, Algorithm::Rs256, Some("two")), Err(InvalidToken::UnknownKey));
        assert_eq!(found(&keys, Algorithm::Rs256, Some("ed")), Err(InvalidToken::UnknownKey));
        assert_eq!(found(&keys, Algorithm::Rs256, None), Ok(Some("one".to_owned())));
        assert_eq!(found(&keys, Algorithm::Ps256, None), Err(InvalidToken::AmbiguousKey));
        assert_eq!(found(&keys, Algorithm::Es256, None), Err(InvalidToken::AmbiguousKey));
        assert_eq!(found(&keys, Algorithm::EdDsa, None), Ok(Some("ed".to_owned())));
    }
}
