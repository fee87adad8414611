//! What a token's verification comes to: a good token, or why there is none.

use std::sync::Arc;

use super::signed_caveats::UnreadableCaveat;
use zonemint_base::model::{Parent, Subject, TokenId, TokenType};
use zonemint_caveat::{self as caveat, Caveat, Service, ServiceType, Unmet};
use zonemint_macaroon::{ParseError, TextError};
use zonemint_store::StoreError;

/// A token that is good, as far as this module knows: whether its subject still exists and is not blocked is for the
/// caller to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Authenticated {
    /// Which token.
    pub id: TokenId,
    /// As what it authorises requests.
    pub parent: Parent,
    /// Whose rights it carries.
    pub subject: Subject,
    /// Which service of a provider it was handed out to, if its text says so.
    pub service: Option<ServiceType>,
    /// When it was made, in milliseconds since the Unix epoch; none for a token of another service, which does not tell.
    pub issued_ms: Option<u64>,
    /// Its caveats, verified.
    pub caveats: Arc<[Caveat]>,
    /// The moment for which it was judged, in seconds since the Unix epoch.
    pub at: u64,
}

impl Authenticated {
    /// When it ends, in seconds since the Unix epoch; none if it does not.
    #[must_use]
    pub fn valid_until(&self) -> Option<u64> {
        caveat::valid_until(&self.caveats)
    }
}

/// Why a token is not good. Up to the signature outsiders learn no more than that; what follows only a holder can meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Longer than is allowed.
    #[error("longer than {limit} characters")]
    TooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// Not a token's canonical text.
    #[error("malformed: {0}")]
    Malformed(ParseError),
    /// An identifier or a prefix that no token has.
    #[error("not a token of a known kind")]
    Unreadable,
    /// No such token was ever minted, it is deleted, or its root key is retired.
    #[error("unknown")]
    Unknown,
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
    /// It is of another kind than what is asked for.
    #[error("another kind of token")]
    Kind(TokenType),
    /// Bound to a session, of which this service has none.
    #[error("bound to a session")]
    Session,
    /// Revoked.
    #[error("revoked")]
    Revoked,
    /// It names another subject than the store does.
    #[error("another subject")]
    Subject,
    /// A caveat that nobody could check.
    #[error("unreadable caveat")]
    UnreadableCaveat(UnreadableCaveat),
    /// A caveat that does not hold.
    #[error("caveat not met: {1}")]
    Caveat(Caveat, Unmet),
    /// A service's access token in the hands of another service than Onezone: it is for the zone only.
    #[error("the service {0} may not act with it")]
    Service(Service),
}

/// What came in the way of a verdict, or the verdict that it is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VerifyError {
    /// The token is not good.
    #[error("the token is refused: {0}")]
    Refused(#[from] Refused),
    /// The store failed, so there is no verdict.
    #[error("the token cannot be verified now")]
    Store(#[from] StoreError),
}

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Text(TextError::TooLong { limit }) => Self::TooLong { limit },
            other => Self::Malformed(other),
        }
    }
}
