//! Signature algorithms of JWTs. None of them has a shared secret, so a public key can never be taken for one.

use std::fmt;
use std::str::FromStr;

use jsonwebtoken::Algorithm as Signature;

use crate::error::SettingsError;

/// An algorithm of RFC 7518 section 3.1 or RFC 8037 section 3.1 with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    const NAMES: [(Self, &'static str, Signature); 9] = [
        (Self::Rs256, "RS256", Signature::RS256),
        (Self::Rs384, "RS384", Signature::RS384),
        (Self::Rs512, "RS512", Signature::RS512),
        (Self::Ps256, "PS256", Signature::PS256),
        (Self::Ps384, "PS384", Signature::PS384),
        (Self::Ps512, "PS512", Signature::PS512),
        (Self::Es256, "ES256", Signature::ES256),
        (Self::Es384, "ES384", Signature::ES384),
        (Self::EdDsa, "EdDSA", Signature::EdDSA),
    ];

    /// The algorithm that `alg` names. RFC 9864 names Ed25519 itself.
    pub(crate) fn named(alg: &str) -> Option<Self> {
        let alg = if alg == "Ed25519" { "EdDSA" } else { alg };
        Self::NAMES.iter().find(|(_, name, _)| *name == alg).map(|(algorithm, ..)| *algorithm)
    }

    /// What verifies it.
    pub(crate) fn signature(self) -> Signature {
        Self::NAMES.iter().find(|(algorithm, ..)| *algorithm == self).map_or(Signature::RS256, |(.., it)| *it)
    }

    /// The key that it needs: `kty`, and `crv` where there is one.
    pub(crate) fn key(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => ("RSA", None),
            Self::Es256 => ("EC", Some("P-256")),
            Self::Es384 => ("EC", Some("P-384")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        }
    }
}

impl FromStr for Algorithm {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        Self::named(text).ok_or(SettingsError::Algorithm)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(algorithm, ..)| algorithm == self).map_or("", |(_, name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_rfcs_and_no_shared_secret_has_one() {
        for (algorithm, name, signature) in Algorithm::NAMES {
            assert_eq!(name.parse::<Algorithm>().unwrap(), algorithm);
            assert_eq!((algorithm.to_string().as_str(), algorithm.signature()), (name, signature));
        }
        assert_eq!(Algorithm::named("Ed25519"), Some(Algorithm::EdDsa));
        for bad in ["none", "None", "HS256", "HS384", "HS512", "rs256", "ES512", "ES256K", ""] {
            assert!(bad.parse::<Algorithm>().is_err(), "{bad}");
        }
    }
}
