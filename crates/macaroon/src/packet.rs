//! A macaroon as its packets: one buffer in canonical form, and the positions of its fields.
//!
//! The buffer is what V1 writes, except for a token of V2 without a location: it lacks that packet, and [`Macaroon::to_v1`] fails.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::chain;
use super::encoding::{Encoding, Version};
use super::key::RootSecret;
use super::layout::{BuildError, Layout, SIGNATURE_PACKET, append, append_caveat, packet_length};
use super::parse::{self, Limits, ParseError};
use super::signature::{Signature, SignatureMismatch};
use super::text::TextError;
use super::{text, v2};

/// One caveat of a macaroon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caveat<'a> {
    /// The caveat's text. Any bytes; never empty.
    pub cid: &'a [u8],
    /// Present in a caveat that another party must discharge.
    pub third_party: Option<ThirdParty<'a>>,
}

/// The other fields of a third-party caveat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThirdParty<'a> {
    /// 24 bytes of nonce and the sealed key of the discharge, 72 in all.
    pub vid: &'a [u8],
    /// Where to ask for the discharge, in UTF-8. Not authenticated.
    pub location: &'a [u8],
}

/// An unverified macaroon: a claim. For a decision, see [`Macaroon::verify`].
///
/// ```compile_fail
/// fn decide(token: &zonemint_macaroon::Macaroon) {
///     token.caveats(); // only a `Verified` has caveats to decide by
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Macaroon {
    bytes: Vec<u8>,
    layout: Layout,
}

impl Macaroon {
    /// Mints a macaroon without caveats.
    ///
    /// # Errors
    /// [`BuildError`] when a field is empty, too long, or has a control character.
    pub fn mint(secret: &RootSecret, location: &str, identifier: &[u8]) -> Result<Self, BuildError> {
        if identifier.is_empty() {
            return Err(BuildError::Empty);
        }
        printable(location.as_bytes())?;
        printable(identifier)?;
        // The frames of three packets, and room for two short caveats.
        let mut bytes = Vec::with_capacity(160 + location.len() + identifier.len());
        let location = append(&mut bytes, "location", location.as_bytes())?;
        let at = append(&mut bytes, "identifier", identifier)?;
        append(&mut bytes, "signature", &chain::start(secret.derived(), identifier).0)?;
        Ok(Self { bytes, layout: Layout::new(Some(location), at) })
    }

    /// Parses a token's text, and returns its encoding, in which the token has this text again.
    ///
    /// # Errors
    /// [`ParseError`] names the first rule that the text breaks, or the form of other software that it is in.
    pub fn parse(text: &str, limits: &Limits) -> Result<(Self, Encoding), ParseError> {
        Self::read(text, limits).map_err(|rule| match rule {
            ParseError::Text(TextError::TooLong { .. }) => rule,
            rule => text::foreign(text).map_or(rule, ParseError::Text),
        })
    }

    fn read(text: &str, limits: &Limits) -> Result<(Self, Encoding), ParseError> {
        let (bytes, encoding) = text::decode(text, limits.text)?;
        let token = match encoding {
            Encoding::Onezone | Encoding::Base64 { version: Version::V1, .. } => Self::from_v1(bytes, limits)?,
            Encoding::Base64 { version: Version::V2, .. } => Self::from_v2(&Zeroizing::new(bytes), limits)?,
        };
        Ok((token, encoding))
    }

    /// Parses the packets of V1.
    ///
    /// # Errors
    /// [`ParseError`] names the first rule that the bytes break.
    pub fn from_v1(bytes: Vec<u8>, limits: &Limits) -> Result<Self, ParseError> {
        // Refused bytes may contain the signature of a good token.
        let mut bytes = Zeroizing::new(bytes);
        let layout = parse::layout(&bytes, limits)?;
        Ok(Self { bytes: std::mem::take(&mut *bytes), layout })
    }

    /// Parses the binary form of V2.
    ///
    /// # Errors
    /// [`ParseError`] names the first rule that the bytes break.
    pub fn from_v2(bytes: &[u8], limits: &Limits) -> Result<Self, ParseError> {
        let (bytes, layout) = v2::read(bytes, limits)?;
        Ok(Self { bytes, layout })
    }

    /// Narrows the macaroon: every holder can do this, without a key.
    ///
    /// # Errors
    /// [`BuildError`] when the caveat is empty, too long, or has a control character.
    pub fn narrow(&mut self, cid: &[u8]) -> Result<(), BuildError> {
        printable(cid)?;
        let signature = chain::first_party(self.signature(), cid);
        self.extend(cid, None, &signature)
    }

    /// Adds a caveat that another party must discharge. `vid` has 72 bytes: nonce and sealed key.
    ///
    /// # Errors
    /// [`BuildError`] when a field is empty, too long, or has a control character, or `vid` has another length.
    pub fn narrow_by_third_party(&mut self, cid: &[u8], vid: &[u8], location: &str) -> Result<(), BuildError> {
        printable(cid)?;
        printable(location.as_bytes())?;
        if vid.len() != 72 {
            return Err(BuildError::VerificationId);
        }
        let signature = chain::third_party(self.signature(), vid, cid);
        self.extend(cid, Some((vid, location)), &signature)
    }

    fn extend(&mut self, cid: &[u8], third_party: Option<(&[u8], &str)>, to: &Signature) -> Result<(), BuildError> {
        if cid.is_empty() {
            return Err(BuildError::Empty);
        }
        packet_length("cid", cid)?;
        if let Some((_, location)) = third_party {
            packet_length("cl", location.as_bytes())?;
        }
        self.bytes.truncate(self.bytes.len() - SIGNATURE_PACKET);
        let third_party = third_party.map(|(vid, location)| (vid, location.as_bytes()));
        self.layout.caveats.push(append_caveat(&mut self.bytes, cid, third_party)?);
        append(&mut self.bytes, "signature", &to.0)?;
        Ok(())
    }

    /// Checks the signature, in constant time, against the one computed from `secret`.
    ///
    /// # Errors
    /// [`SignatureMismatch`] when the chain does not start from `secret`, or any signed byte was changed.
    pub fn verify(self, secret: &RootSecret) -> Result<Verified, SignatureMismatch> {
        self.check_signature(secret)?;
        Ok(Verified(self))
    }

    /// Finds the secret that the chain starts from, as [`Macaroon::verify`] does, for tokens that do not say with which of a few
    /// they were made.
    ///
    /// # Errors
    /// [`SignatureMismatch`] when it is none of them.
    pub fn verify_by_any(self, mut secrets: impl Iterator<Item = RootSecret>) -> Result<Verified, SignatureMismatch> {
        let is_signed = secrets.any(|secret| self.check_signature(&secret).is_ok());
        if is_signed { Ok(Verified(self)) } else { Err(SignatureMismatch) }
    }

    fn check_signature(&self, secret: &RootSecret) -> Result<(), SignatureMismatch> {
        let signed = chain::start(secret.derived(), self.identifier());
        let signed = self.danger_unverified_caveats().fold(signed, |signature, caveat| match caveat.third_party {
            None => chain::first_party(&signature.0, caveat.cid),
            Some(ThirdParty { vid, .. }) => chain::third_party(&signature.0, vid, caveat.cid),
        });
        signed.matches(self.signature())
    }

    /// The location; empty if there is none. Not authenticated: for show only.
    #[must_use]
    pub fn location(&self) -> &str {
        let location = self.layout.location.map(|location| location.of(&self.bytes));
        location.and_then(|location| str::from_utf8(location).ok()).unwrap_or_default()
    }

    /// The key for the lookup of the secret. Until [`Macaroon::verify`] succeeds it is a claim.
    #[must_use]
    pub fn identifier(&self) -> &[u8] {
        self.layout.identifier.of(&self.bytes)
    }

    /// Unverified caveats: to show what a token says, never to decide.
    pub fn danger_unverified_caveats(&self) -> impl Iterator<Item = Caveat<'_>> {
        self.layout.caveats.iter().map(|caveat| Caveat {
            cid: caveat.cid.of(&self.bytes),
            third_party: caveat
                .third_party
                .map(|(vid, location)| ThirdParty { vid: vid.of(&self.bytes), location: location.of(&self.bytes) }),
        })
    }

    /// The packets of V1. The last 33 bytes hold the signature.
    ///
    /// # Errors
    /// [`BuildError::NoLocation`], only for a token that was read from V2.
    pub fn to_v1(&self) -> Result<&[u8], BuildError> {
        if self.layout.location.is_some() { Ok(&self.bytes) } else { Err(BuildError::NoLocation) }
    }

    /// The binary form of V2. The last 32 bytes are the signature.
    #[must_use]
    pub fn to_v2(&self) -> Vec<u8> {
        v2::write(&self.bytes, &self.layout, self.signature())
    }

    /// The token's text. In the encoding that it was read in, it is the text that was read.
    ///
    /// # Errors
    /// As [`Macaroon::to_v1`], for an encoding of V1.
    pub fn to_text(&self, encoding: Encoding) -> Result<String, BuildError> {
        Ok(match encoding {
            Encoding::Onezone | Encoding::Base64 { version: Version::V1, .. } => text::encode(self.to_v1()?, encoding),
            Encoding::Base64 { version: Version::V2, .. } => text::encode(&Zeroizing::new(self.to_v2()), encoding),
        })
    }

    fn signature(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - 1 - Signature::LENGTH..self.bytes.len() - 1]
    }
}

impl fmt::Debug for Macaroon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Macaroon").field("caveats", &self.layout.caveats.len()).finish_non_exhaustive()
    }
}

/// Wipes the signature: the rest is not secret.
impl Drop for Macaroon {
    fn drop(&mut self) {
        let at = self.bytes.len().saturating_sub(1 + Signature::LENGTH);
        self.bytes[at..].zeroize();
    }
}

/// A macaroon whose signature is right. Only this type offers caveats for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified(Macaroon);

impl Verified {
    /// The caveats, in the order in which they were added. All must hold.
    pub fn caveats(&self) -> impl Iterator<Item = Caveat<'_>> {
        self.0.danger_unverified_caveats()
    }

    /// The identifier that the signature covers.
    #[must_use]
    pub fn identifier(&self) -> &[u8] {
        self.0.identifier()
    }
}

fn printable(field: &[u8]) -> Result<(), BuildError> {
    if field.iter().any(u8::is_ascii_control) { Err(BuildError::ControlCharacter) } else { Ok(()) }
}
