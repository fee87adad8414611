//! The kinds of tokens.

use std::fmt;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Acts for its subject.
    Access,
    /// Proves who its bearer is.
    Identity,
    /// Invites its bearer to join something.
    Invite,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Identity => "identity token",
            Self::Invite => "invite token",
        })
    }
}
