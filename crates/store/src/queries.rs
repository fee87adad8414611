//! What is asked for by reads that differ in nothing else.

use super::{FormerName, PAGE_SIZE, Page, ParentRow, Rows, SeenAddress, TokenFilter, UsesRow, Which};
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
    /// Client tokens that are not revoked at a moment, newest first, older than the last one seen; looks at so many tokens at most.
    Client(u64, Option<TokenId>, usize),
    /// Tokens of all kinds that pass a filter, newest first, older than the last one seen; looks at so many tokens at most.
    Filtered(TokenFilter, Option<TokenId>, usize),
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Dump {
    /// The first records of all.
    pub(super) const FIRST: Self = Self::Users(None);

    /// What follows a page of these: the rest of its kind, or the next kind.
    pub(super) fn after(&self, page: &Rows) -> Option<Self> {
        if page.len() < PAGE_SIZE {
            return match self {
                Self::Users(_) => Some(Self::Tokens(None)),
                Self::Tokens(_) => Some(Self::Uses(None)),
                Self::Uses(_) => Some(Self::Parents(None)),
                Self::Parents(_) => Some(Self::Addresses(None)),
                Self::Addresses(_) => Some(Self::Names(None)),
                Self::Names(_) => None,
            };
        }
        Some(match page {
            Rows::Users(rows) => Self::Users(rows.last().map(|row| row.user.id)),
            Rows::Tokens(rows) => Self::Tokens(rows.last().map(|row| row.token.id)),
            Rows::Uses(rows) => Self::Uses(rows.last().cloned()),
            Rows::Parents(rows) => Self::Parents(rows.last().copied()),
            Rows::Addresses(rows) => Self::Addresses(rows.last().copied()),
            Rows::Names(rows) => Self::Names(rows.last().cloned()),
            Rows::Keys(_) | Rows::Audit(_) => return None,
        })
    }
}
