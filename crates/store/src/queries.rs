//! What is asked for by reads that differ in nothing else.

use super::{FormerName, Page, ParentRow, SeenAddress, TokenFilter, UsesRow, Which};
use zonemint_base::model::{Parent, TokenId, TokenName, UserId, UserName};

/// What a user that is not removed is found by.
#[derive(Debug)]
pub enum UserKey {
    /// Its identifier.
    Id(UserId),
    /// Its name; in a marked store one that differs in case only, too.
    Name(UserName),
    /// The hash of the link that sets its password at a moment, in milliseconds since the Unix epoch.
    ResetLink([u8; 32], u64),
}

/// Which of a user's tokens are listed, and where the list goes on.
#[derive(Debug)]
pub enum TokenList {
    /// Client tokens that are not revoked at a moment, newest first, older than the last one seen.
    Client(u64, Option<TokenId>),
    /// Tokens of all kinds that pass a filter, newest first, older than the last one seen.
    Filtered(TokenFilter, Option<TokenId>),
    /// Tokens that have a name, in the order of their names, after the last one seen.
    Named(Option<TokenName>),
}

/// Members of a family of tokens.
#[derive(Debug)]
pub enum Family {
    /// A page of the tokens that any of these minted, deleted ones too.
    MintedBy(Vec<Parent>, Page),
    /// The generations of temporary tokens that hold some that any of these minted.
    TemporaryMintedBy(Vec<Parent>),
    /// A page of a user's tokens, deleted ones too.
    Among(UserId, Which, Page),
    /// A user's generations of temporary tokens that are ended and have minted something.
    EndedGenerations(UserId),
}

/// Whole records of one kind, after the last one seen, in the store's own order.
#[derive(Debug)]
pub enum Dump {
    /// Users.
    Users(Option<UserId>),
    /// Tokens.
    Tokens(Option<TokenId>),
    /// Rows of uses.
    Uses(Option<UsesRow>),
    /// Addresses where accounts have signed in.
    Addresses(Option<SeenAddress>),
    /// Names that accounts have no more.
    Names(Option<FormerName>),
    /// Which tokens have made temporary ones.
    Parents(Option<ParentRow>),
}
