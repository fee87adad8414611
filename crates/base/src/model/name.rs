//! Names that people choose, by Onezone's rules.

use std::fmt;

use super::{NameError, UserName};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:ident, $range:expr, $inside:expr, $first:expr, $last:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks a name.
            ///
            /// # Errors
            /// [`NameError`] states the rule.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let (inside, first, last): (fn(char) -> bool, fn(char) -> bool, fn(char) -> bool) = ($inside, $first, $last);
                let good = $range.contains(&text.chars().count())
                    && text.chars().all(inside)
                    && text.chars().next().is_some_and(first)
                    && text.chars().next_back().is_some_and(last);
                if good { Ok(Self(text.to_owned())) } else { Err(NameError::$error) }
            }

            /// The name's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// How a user is addressed: 2 to 128 letters and digits of any script.
    FullName, Full, (2..=128),
    |c| c.is_alphanumeric() || " ',.-".contains(c),
    |c| c.is_alphanumeric(),
    |c| c.is_alphanumeric() || c == '.'
}

impl FullName {
    /// The full name of a user of whom nothing is known: Onezone's own text.
    #[must_use]
    pub fn unnamed() -> Self {
        Self("Unnamed User".to_owned())
    }

    /// The full name of a user of whom only the user name is known: its first 128 characters. Characters that a full name cannot have,
    /// such as underscores, become spaces.
    #[must_use]
    pub fn after(name: &UserName) -> Self {
        let addressed =
            name.as_str().chars().take(128).map(|c| if c.is_alphanumeric() || "',.-".contains(c) { c } else { ' ' });
        let addressed = addressed.collect::<String>();
        let addressed = addressed.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '.');
        Self::parse(addressed).unwrap_or_else(|_| Self::unnamed())
    }
}

name! {
    /// What a user calls a token: 2 to 128 letters, digits, brackets and underscores.
    TokenName, Token, (2..=128),
    |c| c.is_alphanumeric() || "_[]() .-".contains(c),
    |c| c.is_alphanumeric() || "_[]()".contains(c),
    |c| c.is_alphanumeric() || "_[]()".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_names_may_hold_words() {
        for good in ["(laptop) 2026", "łódź", "__", "a b.c-d"] {
            assert!(TokenName::parse(good).is_ok(), "{good:?} was refused");
        }
        for bad in ["x", "-ab", "ab ", "a/b", "a\tb"] {
            assert_eq!(TokenName::parse(bad), Err(NameError::Token), "{bad:?} was accepted");
        }
    }

    #[test]
    fn every_user_name_gives_a_full_name() {
        let long = format!("{}+{}", "x".repeat(127), "y".repeat(100));
        for (name, full) in [
            ("alice", "alice"),
            ("a__b-c.d", "a  b-c.d"),
            ("00", "00"),
            (&"x".repeat(32), &"x".repeat(32)),
            ("o'brien@example.org", "o'brien example.org"),
            (r"EXAMPLE\łukasz", "EXAMPLE łukasz"),
            (&long, &"x".repeat(127)),
            (&format!("a{}a", "+".repeat(200)), "Unnamed User"),
        ] {
            let made = FullName::after(&UserName::parse(name).unwrap());
            assert_eq!(made.as_str(), full);
            assert_eq!(FullName::parse(full), Ok(made));
        }
    }

    #[test]
    fn a_full_name_may_end_with_a_dot() {
        assert!(FullName::parse("Jan Kowalski jr.").is_ok());
        assert!(FullName::parse("Jan Kowalski,").is_err());
    }
}
