//! The credential for a server.

use super::secret::Secret;
use zonemint_base::model::Identifier;
use zonemint_caveat::{self as caveat, Caveat};
use zonemint_macaroon::{Limits, Macaroon};

/// A token or a password, and where it came from, for errors.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    Token { text: Secret, from: String },
    Password { user: String, password: Secret, from: String },
}

/// The content of a token, unverified.
#[derive(Debug)]
pub(super) struct TokenClaims {
    identifier: Vec<u8>,
    /// Those that are known here.
    pub(super) caveats: Vec<Caveat>,
}

/// Reads a token; none if it is not one of Onezone's, for example from another identity provider.
pub(super) fn read_claims(token: &str) -> Option<TokenClaims> {
    let (macaroon, _) = Macaroon::parse(token, &Limits::FORMAT).ok()?;
    let known = macaroon.danger_unverified_caveats().filter(|caveat| caveat.third_party.is_none());
    let caveats = known.filter_map(|caveat| Caveat::parse(caveat.cid).ok()).collect();
    Some(TokenClaims { identifier: macaroon.identifier().to_vec(), caveats })
}

impl TokenClaims {
    /// None if it is not one of Onezone's.
    pub(super) fn identifier(&self) -> Option<Identifier<'_>> {
        Identifier::parse(&self.identifier)
    }

    /// The token's id at its server; none if the identifier is not one of Onezone's.
    pub(super) fn id(&self) -> Option<&str> {
        match self.identifier()? {
            Identifier::Bare(id) | Identifier::Structured { id, .. } => Some(id),
        }
    }
}

impl Credential {
    /// Where it came from, as in `the token in ONEZONE_API_KEY`.
    pub(super) fn from(&self) -> &str {
        let (Self::Token { from, .. } | Self::Password { from, .. }) = self;
        from
    }

    /// The text of a token.
    pub(super) fn token(&self) -> Option<&str> {
        match self {
            Self::Token { text, .. } => Some(text.expose()),
            Self::Password { .. } => None,
        }
    }

    /// The id of a token.
    pub(super) fn id(&self) -> Option<String> {
        read_claims(self.token()?)?.id().map(str::to_owned)
    }

    /// The expiry that the token states, in seconds since the Unix epoch.
    pub(super) fn valid_until(&self) -> Option<u64> {
        caveat::valid_until(&read_claims(self.token()?)?.caveats)
    }
}
