//! The name of a provider, which stands before the colon of a credential.

use std::fmt;

use crate::error::SettingsError;

/// 1 to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderName(String);

impl ProviderName {
    /// Longest name, in characters.
    const LONGEST: usize = 32;

    /// # Errors
    /// [`SettingsError::Name`] for any other text.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        if Self::is_valid(text) { Ok(Self(text.to_owned())) } else { Err(SettingsError::Name) }
    }

    /// The name as it is written before the colon.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_valid(text: &str) -> bool {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        text.len() <= Self::LONGEST
            && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
            && text.bytes().all(is_inner)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_and_short() {
        for good in ["egi", "a", "git-hub_2", &"a".repeat(32)] {
            assert_eq!(ProviderName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "EGI", "2a", "-a", "a b", "a:b", "a.b", "é", &"a".repeat(33)] {
            assert!(ProviderName::parse(bad).is_err(), "{bad}");
        }
    }
}
