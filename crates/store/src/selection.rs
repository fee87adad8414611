//! Which tokens and users a command or a list is about.

use zonemint_base::model::{Token, TokenId, UserId, UserName};
use zonemint_telemetry::label;

/// Which of a user's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them, and once there are no more, the temporary ones too: their generation is ended in the same transaction.
    All,
    /// Those made before a moment, in milliseconds since the Unix epoch.
    IssuedBefore(u64),
    /// Those of these identifiers.
    Ids(Vec<TokenId>),
}

impl Which {
    /// Whether the generation of the owner's temporary tokens ends, once so many of at most `limit` tokens were revoked.
    pub(super) fn ends_generation(&self, revoked: usize, limit: usize) -> bool {
        *self == Self::All && revoked < limit
    }
}

label! {
    /// What a token is good for now, as statements call it.
    pub enum TokenState {
        /// Neither revoked nor expired.
        Active = "active",
        /// Revoked, expired or not.
        Revoked = "revoked",
        /// Not revoked, but its time is over.
        Expired = "expired",
    }
}

/// Which tokens a page shows. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// In which state, at which moment in seconds since the Unix epoch.
    pub state: Option<(TokenState, u64)>,
    /// Whose name holds this text; the case of ASCII letters does not count.
    pub name: Option<String>,
    /// Which end before this moment, in seconds since the Unix epoch.
    pub expires_before: Option<u64>,
    /// Which were made at this moment or later, in milliseconds since the Unix epoch.
    pub created_from: Option<u64>,
}

/// Some of a user's tokens, newest first, and where to look on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenPage {
    /// The tokens. They may be fewer than were asked for, or none, though more follow: each page looks at so many at most.
    pub tokens: Vec<Token>,
    /// The last token that was looked at; none when there are no others.
    pub next: Option<TokenId>,
}

/// Where a listing of users goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterUser {
    /// The name of the last one seen.
    pub name: Option<UserName>,
    /// Its identifier.
    pub id: UserId,
}
