//! What becomes of a line: a user, or the reason why it is not taken.

use std::fmt;

use crate::import::RecordError;
use crate::user::hash_refusal::Refusal;
use zonemint_base::model::{FullName, NameError, PasswordHash, UserId, UserName};

/// A user that may be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedUser {
    /// The identifier to keep, or none when a new one is to be made.
    pub id: Option<UserId>,
    /// What the user signs in with.
    pub name: UserName,
    /// How the user is addressed; after the name where the input does not tell.
    pub full_name: FullName,
    /// A hash that can be verified here; none for a user who has to be given a password.
    pub password: Option<PasswordHash>,
    /// Whether the user can neither sign in nor use a token.
    pub blocked: bool,
    /// When the account was made, in milliseconds since the Unix epoch.
    pub created_ms: Option<u64>,
}

/// A line that is not taken.
#[derive(Debug)]
pub struct Refused {
    /// Its number; the first line is 1.
    pub line: usize,
    /// The user's name, where there is one that may be shown: 64 characters at most, of those that names are made of.
    pub name: Option<String>,
    /// What is wrong.
    pub reason: ImportError,
}

/// Why a line is not taken. The text is for the person who imports, and holds nothing of a hash.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The line is not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// No line of htpasswd.
    #[error("the line must be a user name, a colon and a hash")]
    NoColon,
    /// A name that breaks its rule.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A hash that cannot be verified here.
    #[error(transparent)]
    Hash(#[from] Refusal),
    /// An account that may be off at some time, in a shadow file.
    #[error(
        "the line says when its account ends (its 7th or 8th field), and no account here ends by itself; empty these fields if it is to \
         be active"
    )]
    Ends,
    /// An account that Dovecot keeps out.
    #[error(
        "the line limits its account by \"{0}\", which no account here has; remove that field if it is to be active without the limit"
    )]
    Limited(&'static str),
}

impl ImportError {
    /// The text by which refusals are counted, where the error's text names a place.
    #[must_use]
    pub fn without_place(&self) -> Option<String> {
        if let Self::Record(error) = self { error.without_place() } else { None }
    }
}

/// What a format makes of a line: the name as it is written, if there is one, and the user.
pub(super) struct Parsed {
    pub(super) name: Option<String>,
    pub(super) user: Result<ImportedUser, ImportError>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "line {} ({name}): {}", self.line, self.reason),
            None => write!(f, "line {}: {}", self.line, self.reason),
        }
    }
}
