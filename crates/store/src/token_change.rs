//! How tokens are changed.

use zonemint_base::model::{TokenId, TokenName};

/// How a token is changed; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenChange {
    /// Another name.
    pub name: Option<TokenName>,
    /// Its owner's notes, whole: the text of a JSON object.
    pub metadata: Option<String>,
    /// Whether it is revoked. Its owner may take that back; only a deleted token always stays refused.
    pub revoked: Option<bool>,
    /// The most good tokens that the owner may have once this one is restored; 0 for no limit.
    pub most: u64,
}

/// What becomes of a token that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Which one.
    pub id: TokenId,
    /// What it is called from then on.
    pub name: Option<TokenName>,
    /// From when on it is refused, as in [`Token::revoked_ms`](zonemint_base::model::Token::revoked_ms).
    pub revoked_ms: u64,
    /// The most good tokens that the owner may have with one more; 0 for no limit, as where the new one is good in the place of this one.
    pub most: u64,
}
