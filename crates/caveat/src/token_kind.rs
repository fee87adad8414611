//! The kinds of tokens.

use std::fmt;

/// The purpose of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Acts for its owner.
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
