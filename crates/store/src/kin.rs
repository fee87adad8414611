//! Members of a family of tokens: tokens, and those that they minted.

use super::{Actor, Which};
use zonemint_base::model::{Parent, TokenId, UserId};

/// Whose descendants: the tokens that a token minted, and that these minted, and so on. The ancestors are ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestors {
    /// Those of one token, or of the temporary tokens of one generation.
    One(Parent),
    /// Those of a user's tokens that are not good any more; for all, of ended temporary tokens too.
    Of(UserId, Which),
    /// Those of a user's temporary tokens of all generations that are ended.
    Temporary(UserId),
}

/// A token, or the temporary tokens of a generation, as a member of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// Which.
    pub what: Parent,
    /// Whose.
    pub owner: UserId,
    /// Whether it is neither revoked nor deleted, or the generation not ended.
    pub is_good: bool,
}

/// Which tokens are read together, in the order of their identifiers.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The last one of the page before.
    pub after: Option<TokenId>,
    /// How many at most.
    pub limit: usize,
    /// When they are good or not, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// Descendants that are to be revoked together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Whose descendants they are.
    pub of: Ancestors,
    /// Which; those that are not good any more are left as they are.
    pub kin: Vec<Kin>,
    /// The caller.
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
