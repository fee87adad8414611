//! `Authorization: Basic` (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::form;

/// A user name and a password, as they were sent.
#[derive(Clone)]
pub struct Basic {
    /// Everything before the first colon.
    pub username: String,
    /// Everything after it; may be empty, and may hold colons.
    pub password: Zeroizing<String>,
}

impl Basic {
    /// The pair with both parts form-decoded, as RFC 6749 section 2.3.1 has clients of OAuth encode them. None where that changes
    /// nothing, and where it gives no text that [`parse`] would take.
    #[must_use]
    pub fn form_decoded(&self) -> Option<Self> {
        // No user name has a blank, which a plus sign stands for, nor a percent sign.
        let is_encoded = self.username.contains('%');
        if !is_encoded && !self.password.contains(['%', '+']) {
            return None;
        }
        let username = if is_encoded { form::decoded(&self.username)?.to_string() } else { self.username.clone() };
        let password = form::decoded(&self.password)?;
        let is_sendable = |text: &str| !text.chars().any(char::is_control);
        (is_sendable(&username) && is_sendable(&password)).then_some(Self { username, password })
    }
}

zonemint_base::opaque_debug!(Basic);

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
    fn a_pair_that_is_form_encoded_is_decoded() {
        let pair = |username: &str, password: &str| Basic {
            username: username.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        };
        for (sent, expected) in [
            (("alice", "plain"), None),
            (("a%2Eb", "p%2Dw"), Some(("a.b", "p-w"))),
            (("alice", "a+b%2Bc"), Some(("alice", "a b+c"))),
            (("jan+zone@example.org", "plain"), None),
            (("jan+zone@example.org", "p%2Dw"), Some(("jan+zone@example.org", "p-w"))),
            (("jan%2Bzone%40example.org", "p%2Dw"), Some(("jan+zone@example.org", "p-w"))),
            (("EXAMPLE%5Cjan", "plain"), Some((r"EXAMPLE\jan", "plain"))),
            (("alice", "50%"), None),
            (("alice", "%zz"), None),
            (("alice", "%ff"), None),
            (("alice", "%00"), None),
            (("alice", "\u{e9}%26=&"), Some(("alice", "\u{e9}&=&"))),
        ] {
            let decoded = pair(sent.0, sent.1).form_decoded();
            let decoded = decoded.as_ref().map(|decoded| (decoded.username.as_str(), decoded.password.as_str()));
            assert_eq!(decoded, expected, "{sent:?}");
        }
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
