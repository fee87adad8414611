//! What stands where a password is expected: a password, or a token.
//!
//! Programs that can send nothing but a name and a password (docker, git, twine, Maven) send a token as the password. Which of the
//! two it is, its text alone decides, before anything is looked up, charged or hashed.

use unicode_normalization::UnicodeNormalization as _;

use zonemint_macaroon as macaroon;

/// What is longer, in characters, and begins so, is a token. Every token of ours is longer: one without location and caveats has 110
/// characters in the shortest form.
const LONGEST_OTHER: usize = 100;

/// The content of a password field.
#[derive(Clone, Copy)]
pub enum PasswordField<'a> {
    /// A token, or what is left of one: it is judged as a token and as nothing else, so that one that is cut or has expired is no
    /// failed sign-in of anybody.
    Token(&'a str),
    /// A password.
    Password(PresentedPassword<'a>),
}

/// A password that somebody presents. Only [`PasswordField::read`] makes one, so that no token is ever hashed as a password.
#[derive(Clone, Copy)]
pub struct PresentedPassword<'a>(&'a str);

impl<'a> PasswordField<'a> {
    /// Distinguishes a token from a password.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        if is_read_as_token(text) { Self::Token(text) } else { Self::Password(PresentedPassword(text)) }
    }

    /// The password, if it is none that is read as a token.
    #[must_use]
    pub fn password(self) -> Option<PresentedPassword<'a>> {
        match self {
            Self::Token(_) => None,
            Self::Password(password) => Some(password),
        }
    }
}

impl<'a> PresentedPassword<'a> {
    pub(super) fn text(self) -> &'a str {
        self.0
    }
}

/// Whether a text is only ever read as a token. As for passwords, it is its NFC that counts.
pub(super) fn is_read_as_token(text: &str) -> bool {
    macaroon::begins_as_token(text) && text.nfc().nth(LONGEST_OTHER).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_a_token_and_is_longer_than_a_password_is_one() {
        let (hundred, letters, decomposed) = ("x".repeat(98), "\u{e9}".repeat(98), "e\u{301}".repeat(98));
        for (text, is_token) in [
            (format!("MD{hundred}x"), true),
            (format!("Ag{hundred}x"), true),
            (format!("MD{letters}x"), true),
            (format!("MD{decomposed}"), false),
            (format!("MD{decomposed}x"), true),
            (format!("MD{hundred}"), false),
            (format!("Ag{letters}"), false),
            (format!("md{hundred}x"), false),
            (format!(" MD{hundred}x"), false),
            ("MDA".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(PasswordField::read(&text).password().is_none(), is_token, "{text}");
        }
    }
}
