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

/// How many tokens an account has, as `token.max_per_account` needs it: the good ones are at most `added - ended`.
///
/// What gives the account a token adds to `added`, in the same transaction. What ends one writes nothing here, so that expiry, which
/// no transaction sees, is no other case. A correction reads `added` first, then counts the good tokens, and sets `ended` to the
/// difference. Tokens that are added meanwhile may be counted twice and are never missed. So any correction is right however late it is
/// written, and nodes that correct the same account do not disturb each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCount {
    /// Tokens added while `token.max_per_account` was set.
    pub added: u64,
    /// Of these, those that are known to have ended; below 0 for tokens that were there before.
    pub ended: i64,
}

impl TokenCount {
    /// With as many good tokens as were counted after `added` was read.
    #[must_use]
    pub fn corrected(self, good: u64) -> Self {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self { ended: number(self.added).saturating_sub(number(good)), ..self }
    }
}

/// A part of an account's tokens, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedTokens {
    /// How many are good: neither deleted nor revoked nor expired. A root key that is retired makes no difference.
    pub good: u64,
    /// How many were looked at.
    pub seen: usize,
    /// The last one that was looked at; none when there are no others.
    pub next: Option<TokenId>,
    /// What stood in the store before these were counted.
    pub before: TokenCount,
}
