//! Whole records, as they move from one store to another.

use super::{Chain, TokenCount};
use zonemint_base::model::{Parent, Token, User, UserId, UserName};

/// A user with what the other methods hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user; a removed one has neither name nor password.
    pub user: User,
    /// When it was removed.
    pub removed_ms: Option<u64>,
    /// The link that was made last, if it is neither used nor ended.
    pub reset: Option<ResetLink>,
    /// How many tokens it has.
    pub tokens: TokenCount,
}

/// A link by which its holder sets the password of an account, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetLink {
    /// SHA-256 of the link's secret, which has 256 bits of chance. The secret itself is not kept.
    pub hash: [u8; 32],
    /// Until when it is good, in milliseconds since the Unix epoch.
    pub until_ms: u64,
}

/// A token with what the other methods hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: Token,
    /// When it was deleted. A deleted token stays refused, because its row is kept.
    pub deleted_ms: Option<u64>,
}

/// How often tokens of an account were used on one day, as far as one node has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsesRow {
    /// Whose tokens.
    pub owner: UserId,
    /// In days since the Unix epoch.
    pub day: u32,
    /// The chain of the node, which alone adds to this row, so that no node waits for another.
    pub chain: Chain,
    /// How often.
    pub count: u64,
}

/// That a token has made temporary tokens, of which nothing else is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentRow {
    /// Which token.
    pub parent: Parent,
    /// For whom.
    pub owner: UserId,
    /// Of which generation.
    pub generation: u64,
}

/// The keyed hash of an account's address. The store does not know the key.
pub type AddressHash = [u8; 32];

/// That an account has signed in from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenAddress {
    /// Which account.
    pub owner: UserId,
    /// Where.
    pub address: AddressHash,
    /// When last, in milliseconds since the Unix epoch.
    pub seen_ms: u64,
}

/// A name that an account has no more. Other accounts cannot take it for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    /// Whose it was.
    pub owner: UserId,
    /// Until when, in milliseconds since the Unix epoch.
    pub until_ms: u64,
    /// The name.
    pub name: UserName,
}

/// A text kept in the store under a name: how far something has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// The text; none takes the mark away.
    pub value: Option<String>,
}
