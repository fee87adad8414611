//! What is kept of a client token: enough to derive it again, never its secret.

use super::{KeyId, TokenId, TokenName, UserId};
use crate::caveat::Caveat;

/// A client token as it was minted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identifier, which says when it was made.
    pub id: TokenId,
    /// Whose rights it carries.
    pub user: UserId,
    /// Which root key its secret is derived from.
    pub key: KeyId,
    /// What its owner calls it.
    pub name: Option<TokenName>,
    /// The caveats that it was minted with.
    pub caveats: Vec<Caveat>,
    /// When it was revoked, in milliseconds since the Unix epoch.
    pub revoked_ms: Option<u64>,
}
