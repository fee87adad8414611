//! Whole records, as they move from one store to another.

use super::{AuditRow, SealedKey};
use crate::model::{Token, User};

/// A user with what the other methods hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user; a removed one has neither name nor password.
    pub user: User,
    /// When it was removed.
    pub removed_ms: Option<u64>,
}

/// A token with what the other methods hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: Token,
    /// When it was deleted. It is refused for ever, and its row tells so.
    pub deleted_ms: Option<u64>,
}

/// Records that are written together.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Users and services.
    Users(Vec<UserRow>),
    /// Tokens of all kinds.
    Tokens(Vec<TokenRow>),
    /// The keyring.
    Keys(Vec<SealedKey>),
    /// Audit rows, each with its own chain, number and hash.
    Audit(Vec<AuditRow>),
}

/// A text kept in the store under a name: how far something has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// The text; none takes the mark away.
    pub value: Option<String>,
}
