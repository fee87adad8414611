//! What comes of an operation, and why one fails.

use super::Lost;

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// More work is queued than is allowed; asking again a little later helps.
    #[error("the store has more work queued than it accepts")]
    Overloaded,
    /// The engine failed: disk full, input/output error, lock not available. Nothing of the operation was kept.
    #[error("the store cannot do this now")]
    Unavailable(#[source] EngineError),
    /// What was read back is not what this program writes.
    #[error("the store holds a {what} that cannot be read")]
    Corrupt {
        /// The kind of record.
        what: &'static str,
    },
    /// What authorised the write was lost before it was committed. Nothing was written.
    #[error("the write is not authorised any more: {0}")]
    NotAuthorised(Lost),
}

impl StoreError {
    pub(super) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(EngineError(reason.into()))
    }

    pub(super) fn closed() -> Self {
        Self::unavailable("the store is closed")
    }
}

/// The engine's own account of a failure. For the log, never for a client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub(super) String);

/// What came of adding a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is durable.
    Stored,
    /// Its owner has another token of that name.
    NameTaken,
    /// There is a token of that identifier. Only one that is taken over from elsewhere can meet this.
    IdTaken,
    /// Its owner is blocked or gone, or has ended this generation of temporary tokens.
    OwnerGone,
    /// Its owner has as many good tokens as one account may have.
    TooMany,
}

/// What came of adding a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Added {
    /// It is durable.
    Stored,
    /// There is a user of that name.
    NameTaken,
    /// There is, or was, a user of that identifier. Only one that is taken over from elsewhere can meet this.
    IdTaken,
}

/// Whether there was something to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Changed {
    /// It is changed.
    Done,
    /// There is nothing of that identity, or not in a state to be changed so.
    NotFound,
    /// The new name is another one's, or was, where that counts ([`UserChange::Names`](super::UserChange::Names)).
    NameTaken,
    /// The owner of the token has as many good ones as one account may have.
    TooMany,
}

/// Of a token that takes the place of another one.
impl From<Inserted> for Changed {
    fn from(inserted: Inserted) -> Self {
        match inserted {
            Inserted::Stored => Self::Done,
            Inserted::NameTaken => Self::NameTaken,
            Inserted::TooMany => Self::TooMany,
            Inserted::IdTaken | Inserted::OwnerGone => Self::NotFound,
        }
    }
}
