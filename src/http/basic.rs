//! `Authorization: Basic` (RFC 7617).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A user name and a password, as they were sent.
pub struct Basic {
    /// Everything before the first colon.
    pub username: String,
    /// Everything after it; may be empty, and may hold colons.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic")
    }
}

/// What is wrong with the header. Never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedBasic {
    /// Another scheme, or no payload after it.
    #[error("expected \"Basic\" and one value")]
    Scheme,
    /// Not standard base64 with padding (RFC 4648 section 4).
    #[error("the value is not base64")]
    Base64,
    /// `charset="UTF-8"` is what our challenge asks for (RFC 7617 section 2.1).
    #[error("user name and password are not UTF-8")]
    Utf8,
    /// No colon.
    #[error("there is no colon between user name and password")]
    Colon,
    /// RFC 7617 section 2 forbids them.
    #[error("user name or password holds a control character")]
    ControlCharacter,
}

/// Reads a whole header value, as in `Basic dXNlcjpwYXNz`. The scheme is case-insensitive, and one or more spaces follow it.
///
/// # Errors
/// [`MalformedBasic`] names the rule that the value breaks.
pub fn parse(header_value: &[u8]) -> Result<Basic, MalformedBasic> {
    let (scheme, payload) = split_scheme(header_value).ok_or(MalformedBasic::Scheme)?;
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Err(MalformedBasic::Scheme);
    }
    let decoded = Zeroizing::new(STANDARD.decode(payload).map_err(|_| MalformedBasic::Base64)?);
    let text = std::str::from_utf8(&decoded).map_err(|_| MalformedBasic::Utf8)?;
    if text.chars().any(char::is_control) {
        return Err(MalformedBasic::ControlCharacter);
    }
    let (username, password) = text.split_once(':').ok_or(MalformedBasic::Colon)?;
    Ok(Basic { username: username.to_owned(), password: Zeroizing::new(password.to_owned()) })
}

/// Splits `scheme 1*SP value` (RFC 9110 section 11.4).
pub(super) fn split_scheme(header_value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = header_value.iter().position(|&byte| byte == b' ')?;
    let (scheme, rest) = header_value.split_at(space);
    let start = rest.iter().position(|&byte| byte != b' ')?;
    Some((scheme, &rest[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_splits_and_the_scheme_is_case_insensitive() {
        // alice:a:b
        for header in ["Basic YWxpY2U6YTpi", "basic YWxpY2U6YTpi", "BASIC   YWxpY2U6YTpi"] {
            let basic = parse(header.as_bytes()).unwrap();
            assert_eq!((basic.username.as_str(), basic.password.as_str()), ("alice", "a:b"));
        }
    }

    #[test]
    fn a_password_may_be_empty() {
        // alice:
        assert_eq!(parse(b"Basic YWxpY2U6").unwrap().password.as_str(), "");
    }

    #[test]
    fn each_broken_form_is_named() {
        for (header, expected) in [
            ("Basic", MalformedBasic::Scheme),
            ("Basic ", MalformedBasic::Scheme),
            ("Bearer YWxpY2U6", MalformedBasic::Scheme),
            ("Basic ????", MalformedBasic::Base64),
            ("Basic YWxpY2U", MalformedBasic::Base64),
            ("Basic YWxpY2U6 ", MalformedBasic::Base64),
            ("Basic YWxpY2U=", MalformedBasic::Colon),
            ("Basic /zo=", MalformedBasic::Utf8),
            ("Basic YTpiCg==", MalformedBasic::ControlCharacter),
        ] {
            assert_eq!(parse(header.as_bytes()).unwrap_err(), expected, "{header}");
        }
    }
}
