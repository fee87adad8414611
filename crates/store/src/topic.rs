//! What changes in the feed are about.

use zonemint_base::model::{TokenId, UserId};

/// What a follower of the change feed must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// One token was changed, revoked or deleted.
    Token(TokenId),
    /// A user was changed, blocked or removed.
    User(UserId),
    /// The keyring was changed.
    Keys,
    /// User names are compared in another way. Nodes of the version before cannot read this, and are not ready from then on.
    Names,
    /// Changes were missed that cannot be read any more: anything may have been changed. Never in the feed itself.
    Everything,
}
