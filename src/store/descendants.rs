//! Tokens that tokens have minted: which of them are to be revoked, and what came of it.

use super::{Actor, Which};
use crate::model::{Parent, TokenId, UserId};

/// Whose descendants: the tokens that a token minted, and that these minted, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestors {
    /// Those of one token, or of the temporary tokens of one generation.
    One(Parent),
    /// Those of a user's tokens; for all, of ended temporary tokens too.
    Of(UserId, Which),
    /// Those of a user's temporary tokens of all generations that are ended.
    Temporary(UserId),
}

/// Descendants that are to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Whose.
    pub of: Ancestors,
    /// One that stays as it is.
    pub except: Option<TokenId>,
    /// How many tokens at the most.
    pub limit: usize,
    /// Who asks for it.
    pub by: Actor,
}

/// What came of revoking descendants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descendants {
    /// Tokens that were good until now.
    pub revoked: Vec<TokenId>,
    /// Accounts whose generation of temporary tokens was ended, because some of these were descendants.
    pub generations: Vec<UserId>,
}

impl Descendants {
    /// Whether there was nothing to revoke.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty() && self.generations.is_empty()
    }
}
