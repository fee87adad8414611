//! Passwords as people type them, and the rules for choosing one.

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use zeroize::Zeroizing;

use super::password_field::{PresentedPassword, is_read_as_token};
use zonemint_base::random::Random;

const LEAST_BYTES: usize = 8;
const MOST_BYTES: usize = 1024;

/// Passwords that guessers try first, sorted, one a line, lower case. See `common_passwords.txt`'s own first lines.
const COMMON: &str = include_str!("common_passwords.txt");

/// Letters and digits that cannot be mistaken for each other: 32 of them, so that five bits choose one evenly.
const GENERATED_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 20 of 32 characters: 100 bits.
const GENERATED_LENGTH: usize = 20;

/// A password in Unicode's NFC, so that the same one typed on another system stays the same. Wiped on drop.
#[derive(Clone)]
pub struct Password {
    text: Zeroizing<String>,
    /// As it came, where NFC is another text.
    typed: Option<Zeroizing<String>>,
}

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Fewer than 8 bytes.
    #[error("a password needs at least 8 characters")]
    Short,
    /// More than 1024 bytes.
    #[error("a password may have at most 1024 bytes")]
    Long,
    /// Among those that guessers try first.
    #[error("this password is one of the most common ones and would be guessed at once; choose another")]
    Common,
    /// Control characters cannot be sent in HTTP Basic authentication (RFC 7617 section 2).
    #[error("a password may not hold control characters")]
    ControlCharacter,
    /// What is longer than 100 characters and begins with `MD` or `Ag` is only ever read as a token.
    #[error("a password of more than 100 characters may not begin with MD or Ag, as tokens do")]
    Token,
}

impl Password {
    /// A password that somebody presents. None when it is longer than any that can be chosen, or holds control characters, which
    /// HTTP Basic authentication refuses too.
    #[must_use]
    pub fn presented(password: PresentedPassword<'_>) -> Option<Self> {
        let typed = password.text();
        if typed.len() > MOST_BYTES || typed.chars().any(char::is_control) {
            return None;
        }
        let text = normalized(typed);
        let typed = (*text != typed).then(|| Zeroizing::new(typed.to_owned()));
        Some(Self { text, typed })
    }

    /// A password that somebody chooses.
    ///
    /// # Errors
    /// [`PasswordRefused`] names the rule.
    pub fn choose(text: &str) -> Result<Self, PasswordRefused> {
        if text.len() > MOST_BYTES {
            return Err(PasswordRefused::Long);
        }
        if is_read_as_token(text) {
            return Err(PasswordRefused::Token);
        }
        let text = normalized(text);
        if text.len() < LEAST_BYTES {
            return Err(PasswordRefused::Short);
        }
        if text.len() > MOST_BYTES {
            return Err(PasswordRefused::Long);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordRefused::ControlCharacter);
        }
        if is_common(&text) {
            return Err(PasswordRefused::Common);
        }
        Ok(Self { text, typed: None })
    }

    /// A random password of 100 bits.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let bytes = Zeroizing::new(random.bytes::<GENERATED_LENGTH>());
        let text = bytes.iter().map(|byte| char::from(GENERATED_ALPHABET[usize::from(byte & 31)])).collect();
        Self { text: Zeroizing::new(text), typed: None }
    }

    /// A random password that takes as long to compare with a hash of another program as any that can be presented.
    pub(super) fn dearest(random: &Random) -> Self {
        const MARK: &str = "e\u{301}";
        let mut typed = Self::generate(random).text;
        let padding = "x".repeat(MOST_BYTES - MARK.len() - typed.len());
        typed.push_str(&padding);
        typed.push_str(MARK);
        Self { text: normalized(&typed), typed: Some(typed) }
    }

    /// The password's text, to be shown once to its user.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// How many bytes each of its spellings has.
    pub(super) fn lengths(&self) -> Vec<usize> {
        self.spellings().iter().map(|spelling| spelling.len()).collect()
    }

    /// What a hash of another program may have been made of, one to three texts in the order in which they are tried: the
    /// password in NFC, as it came, and in Latin-1.
    pub(super) fn spellings(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let latin_1 = if self.text.is_ascii() { None } else { latin_1(&self.text) };
        let typed = self.typed.as_ref().map(|typed| Zeroizing::new(typed.as_bytes().to_vec()));
        [Some(Zeroizing::new(self.bytes().to_vec())), typed, latin_1].into_iter().flatten().collect()
    }
}

zonemint_base::opaque_debug!(Password);

fn normalized(text: &str) -> Zeroizing<String> {
    Zeroizing::new(match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
    })
}

/// A text in ISO 8859-1, if all of its characters are there. None if those bytes are UTF-8: then the text is what another one
/// looks like that was decoded wrongly, and no password that anybody typed.
fn latin_1(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in text.chars() {
        bytes.push(u8::try_from(character).ok()?);
    }
    std::str::from_utf8(&bytes).is_err().then_some(bytes)
}

fn is_common(text: &str) -> bool {
    let text = Zeroizing::new(text.to_lowercase());
    COMMON.lines().filter(|line| !line.starts_with("# ")).any(|line| line == *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::PasswordField;

    #[test]
    fn the_same_letters_typed_otherwise_are_the_same_password() {
        let composed = Password::choose("pass-\u{e9}-word").unwrap();
        let decomposed = PasswordField::read("pass-e\u{301}-word").password().unwrap();
        let decomposed = Password::presented(decomposed).unwrap();
        assert_eq!(composed.bytes(), decomposed.bytes());
    }

    #[test]
    fn a_presented_password_with_control_characters_is_none() {
        let presented = |text| PasswordField::read(text).password().and_then(Password::presented);
        assert!(presented("correct horse").is_some());
        for text in ["correct horse\0", "\0", "correct\thorse", "correct horse\u{85}"] {
            assert!(presented(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn hashes_of_other_programs_may_be_of_three_texts() {
        let spellings = |text: &str| -> Vec<Vec<u8>> {
            let password = PasswordField::read(text).password().and_then(Password::presented).unwrap();
            password.spellings().iter().map(|spelling| spelling.to_vec()).collect()
        };
        assert_eq!(spellings("plain"), [b"plain".to_vec()]);
        assert_eq!(spellings("\u{142}"), ["\u{142}".as_bytes().to_vec()]);
        assert_eq!(spellings("\u{e9}"), ["\u{e9}".as_bytes().to_vec(), vec![0xe9]]);
        assert_eq!(spellings("l\u{301}"), ["\u{13a}".as_bytes().to_vec(), "l\u{301}".as_bytes().to_vec()]);
        assert_eq!(spellings("\u{c3}\u{a9}"), ["\u{c3}\u{a9}".as_bytes().to_vec()], "the UTF-8 of another text");
        let angstrom = ["\u{c5}".as_bytes().to_vec(), "\u{212b}".as_bytes().to_vec(), vec![0xc5]];
        assert_eq!(spellings("\u{212b}"), angstrom);
    }

    #[test]
    fn no_password_is_dearer_than_the_dearest() {
        let dearest = Password::dearest(&Random::danger_seeded(1));
        assert_eq!(dearest.typed.as_ref().unwrap().len(), MOST_BYTES);
        assert_eq!(dearest.lengths(), [MOST_BYTES - 1, MOST_BYTES, MOST_BYTES - 2]);
    }

    #[test]
    fn short_long_common_and_unsendable_passwords_are_refused() {
        assert_eq!(Password::choose("seven77").unwrap_err(), PasswordRefused::Short);
        assert!(Password::choose(&"\u{e9}".repeat(4)).is_ok());
        assert!(Password::choose(&"x".repeat(1024)).is_ok());
        assert_eq!(Password::choose(&"x".repeat(1025)).unwrap_err(), PasswordRefused::Long);
        assert_eq!(Password::choose("Password1").unwrap_err(), PasswordRefused::Common);
        assert_eq!(Password::choose("12345678").unwrap_err(), PasswordRefused::Common);
        assert_eq!(Password::choose(&format!("MD{}", "x".repeat(99))).unwrap_err(), PasswordRefused::Token);
        assert_eq!(Password::choose("tab\tinside").unwrap_err(), PasswordRefused::ControlCharacter);
    }

    #[test]
    fn generated_passwords_may_be_chosen_and_differ() {
        let random = Random::danger_seeded(1);
        let (one, two) = (Password::generate(&random), Password::generate(&random));
        assert!(Password::choose(one.expose()).is_ok());
        assert_ne!(one.expose(), two.expose());
    }
}
