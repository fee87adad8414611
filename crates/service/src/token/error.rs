//! Why nothing was minted, and why nothing was done with tokens that exist.

use crate::caller::Denied;
use zonemint_base::clock::Distrust;
use zonemint_caveat::{Caveat, ServicePattern};
use zonemint_macaroon::{BuildError, ParseError};
use zonemint_store::{Skew, StoreError};

/// Why nothing was minted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MintError {
    /// The subject has another token of that name.
    #[error("the name is taken")]
    NameTaken,
    /// The same, and that token is revoked: its owner may not know that it keeps the name.
    #[error("a revoked token has the name")]
    NameOfRevoked,
    /// The subject is blocked or gone.
    #[error("the owner is blocked or gone")]
    OwnerGone,
    /// There is no such token to make another one of.
    #[error("no such token")]
    NotFound,
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Tokens of this kind cannot carry this caveat, so nobody could use it.
    #[error("a token of this kind cannot carry a caveat about {}", .0.kind())]
    Unsupported(Caveat),
    /// A caveat names a service that may not act with tokens of this subject, so it could not use it.
    #[error("the service {0} is forbidden for this subject")]
    Service(ServicePattern),
    /// The token has to end sooner, or at all.
    #[error("the token must end within {max_ttl_s} s")]
    TimeRequired {
        /// The longest life, in seconds.
        max_ttl_s: u64,
    },
    /// The token was imported without its text: minted again it would lack its caveats, and never expire.
    #[error("the token's caveats are not known")]
    CaveatsUnknown,
    /// The token would be longer, or have more caveats, than is accepted.
    #[error("the token would not be accepted: {0}")]
    Bounds(ParseError),
    /// The account has as many good tokens as one may have.
    #[error("the account has as many valid tokens as token.max_per_account allows")]
    TooMany,
    /// The root key that was active is no longer in the keyring.
    #[error("the keyring has no active key")]
    NoKey,
    /// The system's clock is so far behind the latest time that the token would be over at once.
    #[error("{0}")]
    OverAtOnce(Distrust),
    /// The clock of this node is too far from the database's.
    #[error("{0}; nothing is minted until the clocks agree")]
    ClockSkew(Skew),
    /// The token would not fit its format.
    #[error("the token cannot be built")]
    Build(#[from] BuildError),
    /// The store failed.
    #[error("the token cannot be stored")]
    Store(#[from] StoreError),
}

/// Why nothing was done with tokens that exist.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ManageError {
    /// There is no such token.
    #[error("no such token")]
    NotFound,
    /// The owner has another token of that name.
    #[error("the name is taken")]
    NameTaken,
    /// The same, and that token is revoked: its owner may not know that it keeps the name.
    #[error("a revoked token has the name")]
    NameOfRevoked,
    /// The account has as many good tokens as one may have, without those that are revoked.
    #[error("the account has as many valid tokens as token.max_per_account allows")]
    TooMany,
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed; it is not known whether it was done.
    #[error("the tokens cannot be read or changed")]
    Store(#[from] StoreError),
}
