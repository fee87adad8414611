//! The account for which a token acts.

use std::fmt;
use std::str::FromStr;

use super::{IdError, UserId};

/// What kind of account a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A user, who signs in with a password.
    User,
    /// A service, which Onezone calls a provider: it has no password, only tokens.
    Provider,
}

/// A user or a service, as in `usr-0123…` or `prv-0123…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The kind of account.
    pub kind: SubjectKind,
    /// The account's id, unique among users and services.
    pub id: UserId,
}

impl SubjectKind {
    /// The first part of identifiers and caveats: `usr` or `prv`.
    #[must_use]
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::User => "usr",
            Self::Provider => "prv",
        }
    }

    /// The name in JSON: `user` or `oneprovider`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Provider => "oneprovider",
        }
    }

    /// Reads what [`SubjectKind::abbreviation`] returned.
    #[must_use]
    pub fn from_abbreviation(text: &str) -> Option<Self> {
        [Self::User, Self::Provider].into_iter().find(|kind| kind.abbreviation() == text)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.abbreviation(), self.id)
    }
}

impl FromStr for Subject {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (kind, id) = text.split_once('-').ok_or(IdError)?;
        Ok(Self { kind: SubjectKind::from_abbreviation(kind).ok_or(IdError)?, id: id.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_text() {
        let text = "prv-0123456789abcdef0123456789abcdef";
        assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        for other in ["0123456789abcdef0123456789abcdef", "grp-0123456789abcdef0123456789abcdef", "usr-", "usr-x", "-"]
        {
            assert_eq!(other.parse::<Subject>(), Err(IdError), "{other:?} was accepted");
        }
    }
}
