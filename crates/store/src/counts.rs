//! Counts that the store gives or keeps.

use zonemint_base::model::{TokenId, UserId};

/// What came of looking for expired tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many have left.
    pub removed: usize,
    /// Where to look on; none when all have been looked at.
    pub next: Option<TokenId>,
}

/// How often tokens of an account were used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfUses {
    /// Whose tokens.
    pub owner: UserId,
    /// In days since the Unix epoch.
    pub day: u32,
    /// How often.
    pub count: u64,
}
