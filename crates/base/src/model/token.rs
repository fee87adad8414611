//! What is stored of a token: enough to derive it again, never its secret.

use std::fmt;
use std::str::FromStr;

use super::{KeyId, SubjectKind, TokenId, TokenName, UserId};
use zonemint_caveat::{Caveat, TokenKind};

/// The token that authorised a request, and so the parent of a token that the request minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parent {
    /// A stored token. Its narrowed copies have the same identifier.
    Token(TokenId),
    /// A temporary token: all of one owner and one generation are one parent, because they are revoked together.
    Generation(UserId, u64),
}

impl Parent {
    /// The stored token, unless it is a temporary one.
    #[must_use]
    pub fn token(self) -> Option<TokenId> {
        match self {
            Self::Token(id) => Some(id),
            Self::Generation(..) => None,
        }
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::Generation(owner, generation) => write!(f, "temporary:{owner}:{generation}"),
        }
    }
}

/// A text that names neither a token nor a generation of temporary tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a token id nor temporary:OWNER:GENERATION")]
pub struct ParentError;

impl FromStr for Parent {
    type Err = ParentError;

    fn from_str(text: &str) -> Result<Self, ParentError> {
        match text.strip_prefix("temporary:") {
            None => TokenId::parse(text.as_bytes()).map(Self::Token).map_err(|_| ParentError),
            Some(rest) => {
                let (owner, generation) = rest.split_once(':').ok_or(ParentError)?;
                let owner = owner.parse().map_err(|_| ParentError)?;
                Ok(Self::Generation(owner, generation.parse().map_err(|_| ParentError)?))
            }
        }
    }
}

/// A token as it was minted: a client token, a named one, or one imported from Onezone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identifier, which contains the time of creation.
    pub id: TokenId,
    /// The owner, whose rights it has.
    pub user: UserId,
    /// The source of its secret.
    pub secret: TokenSecret,
    /// Which of the two forms of identifier is in its text.
    pub form: TokenForm,
    /// Access or identity.
    pub kind: TokenKind,
    /// The name that its owner gave it. Client tokens need none.
    pub name: Option<TokenName>,
    /// The caveats that it was minted with, if they are known: see [`Token::caveats_are_known`].
    pub caveats: Vec<Caveat>,
    /// The owner's notes: the text of a JSON object.
    pub metadata: Option<String>,
    /// When it was minted, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// From when on it is refused, in milliseconds since the Unix epoch; [`Token::AT_ONCE`] if it is refused already.
    pub revoked_ms: Option<u64>,
    /// The last day on which it was used, in days since the Unix epoch.
    pub last_used_day: Option<u32>,
    /// The last use, if that is stored and already written.
    pub last_use: Option<LastUse>,
    /// The token that minted it. None if it was minted with a password or by the operator, or before parents were stored.
    pub parent: Option<Parent>,
}

impl Token {
    /// A moment before all others. A token that is revoked at once is revoked whatever the clocks of the nodes say, also if
    /// one of them is set back. The audit trail has the time of the revocation.
    pub const AT_ONCE: u64 = 0;

    /// Whether all caveats of the token are known, so that its text, or another token like it, can be created again. They are unknown
    /// for a token that was imported by identifier and secret alone: its caveats are in the text that its holder has, and each
    /// token of Onezone has at least one.
    #[must_use]
    pub fn caveats_are_known(&self) -> bool {
        matches!(self.secret, TokenSecret::Derived(_)) || !self.caveats.is_empty()
    }
}

/// When, from where and at which service a token was last used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// In minutes since the Unix epoch.
    pub minute: u32,
    /// The network of the client's address, such as `192.0.2.0/24`, if it is stored.
    pub network: Option<String>,
    /// The service at which it was used, as in `opw-1234`, or the host behind the proxy that asked.
    pub service: Option<String>,
}

/// A use of a token that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// Which one.
    pub token: TokenId,
    /// In days since the Unix epoch.
    pub day: u32,
    /// More about it, if that is stored.
    pub last: Option<LastUse>,
}

/// The source of a token's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSecret {
    /// Derived from this root key and the token's own identity.
    Derived(KeyId),
    /// Imported from another service, and stored sealed.
    Imported {
        /// Which key-encryption key opens it.
        sealed_by: KeyId,
        /// Nonce and ciphertext.
        sealed: Vec<u8>,
    },
}

/// The form of the identifier in a token's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenForm {
    /// The bare identifier, as up to Onezone 18.02: only the store knows the owner.
    Bare,
    /// `2/nmd/<subject>/<type>/<id>`, as from Onezone 20.02 on.
    Structured(SubjectKind),
}
