//! What comes of a command.

use crate::{Added, Changed, Descendants, Inserted, Purged, StoreError};
use zonemint_base::model::TokenId;

/// What came of a command: its answer, and what an engine found that decides what is recorded.
#[derive(Debug)]
pub enum Outcome {
    /// Of a token.
    Inserted(Inserted),
    /// Of each token, in their order.
    EachInserted(Vec<Inserted>),
    /// Of a user.
    Added(Added),
    /// Of each user, in their order.
    EachAdded(Vec<Added>),
    /// Whether there was something to change.
    Changed(Changed),
    /// A token was changed.
    TokenChanged {
        /// Whether it is revoked now, if it was not so before.
        revoked: Option<bool>,
    },
    /// A user was changed.
    UserChanged {
        /// The user name that it lost.
        former: Option<String>,
    },
    /// The store ignores the case of user names.
    IgnoresCase {
        /// Whether it did not before.
        is_new: bool,
    },
    /// These tokens were deleted.
    Deleted(Vec<TokenId>),
    /// These tokens were revoked.
    Revoked {
        /// Which.
        tokens: Vec<TokenId>,
        /// Whether the generation of their owner's temporary tokens was ended with the last one.
        ended_generation: bool,
    },
    /// Of revoking descendants.
    Descendants(Descendants),
    /// Whether a key is the first one, and was added.
    FirstKey(bool),
    /// How many.
    Count(usize),
    /// How many records each effect changed or found.
    Counts(Vec<u64>),
    /// Of looking for expired tokens.
    Purged(Purged),
    /// It is done.
    Done,
}

impl Outcome {
    /// The answer for the caller.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it is the outcome of another command.
    pub(crate) fn answer<T: Answer>(self) -> Result<T, StoreError> {
        let mistaken = || StoreError::unavailable("a write was given another one's answer");
        T::from_outcome(self).ok_or_else(mistaken)
    }

    /// Of the number of rows that a change of one record changed.
    pub(crate) fn of_rows(rows: u64) -> Self {
        Self::Changed(if rows == 0 { Changed::NotFound } else { Changed::Done })
    }

    /// The same, of a change of any number of records.
    pub(crate) fn of_count(rows: u64) -> Self {
        Self::Count(usize::try_from(rows).unwrap_or(usize::MAX))
    }
}

/// What a method of the store answers.
pub(crate) trait Answer: Sized {
    /// None for the outcome of another command.
    fn from_outcome(outcome: Outcome) -> Option<Self>;
}

macro_rules! answers {
    ($($type:ty: $($outcome:pat => $answer:expr),+;)*) => {
        $(impl Answer for $type {
            fn from_outcome(outcome: Outcome) -> Option<Self> {
                match outcome {
                    $($outcome => Some($answer),)+
                    _ => None,
                }
            }
        })*
    };
}

answers! {
    Inserted: Outcome::Inserted(inserted) => inserted;
    Vec<Inserted>: Outcome::EachInserted(each) => each;
    Added: Outcome::Added(added) => added;
    Vec<Added>: Outcome::EachAdded(each) => each;
    Changed: Outcome::Changed(changed) => changed,
        Outcome::TokenChanged { .. } | Outcome::UserChanged { .. } | Outcome::IgnoresCase { .. } => Changed::Done;
    Vec<TokenId>: Outcome::Deleted(tokens) | Outcome::Revoked { tokens, .. } => tokens;
    Descendants: Outcome::Descendants(descendants) => descendants;
    usize: Outcome::Count(count) => count;
    Vec<u64>: Outcome::Counts(counts) => counts;
    Purged: Outcome::Purged(purged) => purged;
    (): Outcome::Done | Outcome::FirstKey(_) => ();
}
