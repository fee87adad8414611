//! Whole records that are written together.

use super::{AuditRow, FormerName, ParentRow, SealedKey, SeenAddress, TokenRow, UserRow, UsesRow};

/// Records that are written together.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Users and services.
    Users(Vec<UserRow>),
    /// Tokens of all kinds.
    Tokens(Vec<TokenRow>),
    /// Uses of tokens by the day.
    Uses(Vec<UsesRow>),
    /// Which tokens have made temporary ones.
    Parents(Vec<ParentRow>),
    /// Where accounts have signed in.
    Addresses(Vec<SeenAddress>),
    /// Names that accounts have no more.
    Names(Vec<FormerName>),
    /// The keyring.
    Keys(Vec<SealedKey>),
    /// Audit rows, each with its own chain, number and hash.
    Audit(Vec<AuditRow>),
}
