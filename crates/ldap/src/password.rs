//! Passwords that may be sent to a directory.

use zeroize::Zeroizing;
use zonemint_base::opaque_debug;

/// Longest password, in bytes: what is longer is no password of anybody, and would only cost the directory time.
const LONGEST: usize = 1024;

/// A password that is not empty. A bind with an empty password may succeed without having verified anything (RFC 4513, section 5.1.2).
/// It is wiped when dropped; the copy that the protocol's library sends is not.
pub struct Password(Zeroizing<String>);

impl Password {
    /// None if the text is empty, longer than 1024 bytes, or has a NUL: a directory written in C may read a password up to its first
    /// NUL, which could be empty.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_possible = !text.is_empty() && text.len() <= LONGEST && !text.contains('\0');
        is_possible.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

opaque_debug!(Password);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directory_may_read_as_no_password_is_none() {
        for text in ["", "\0", "\0secret", "sec\0ret", &"x".repeat(1025)] {
            assert!(Password::new(text).is_none(), "{text:?}");
        }
        for text in [" ", "secret", "\u{1}", &"x".repeat(1024)] {
            assert_eq!(Password::new(text).unwrap().text(), text);
        }
        assert_eq!(format!("{:?}", Password::new("secret")), "Some(Password)");
    }
}
