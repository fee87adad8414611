//! A request's body as a form (`application/x-www-form-urlencoded`), read strictly.
//!
//! A parameter that stands twice is refused (RFC 6749 section 3.2), because two programs could read two different values; one
//! without a value is as if it were absent (the same section). The library decodes; what it would mend is refused before.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::request::Parts;
use zeroize::Zeroizing;

use super::options::{has_type, whole};
use crate::http::error::{ApiError, OAuthError};
use crate::http::state::SharedServices;

/// The parameters of a form, some of which are secrets. Those that an operation does not know are ignored.
pub(in crate::http) struct Form(BTreeMap<String, Zeroizing<String>>);

impl Form {
    /// Reads a body to its end. One that is empty may be of any type.
    pub(super) async fn of(parts: &Parts, body: Body, services: &SharedServices) -> Result<Self, ApiError> {
        let bytes = whole(&parts.headers, body, services).await?;
        if !bytes.is_empty() && !has_type(&parts.headers, "application/x-www-form-urlencoded") {
            return Err(ApiError::UnsupportedMediaType);
        }
        Ok(Self::read(&bytes)?)
    }

    fn read(body: &[u8]) -> Result<Self, OAuthError> {
        if !percent_signs_are_followed_by_digits(body) {
            return Err(invalid("The body has a percent sign without two hexadecimal digits after it"));
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            // The library puts this character where bytes are not UTF-8.
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(invalid("The body is not UTF-8"));
            }
            if parameters.insert(name.into_owned(), Zeroizing::new(value.into_owned())).is_some() {
                return Err(invalid("A parameter stands twice in the body"));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter that has a value.
    pub(in crate::http) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that must have a value.
    pub(in crate::http) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.value(name).ok_or_else(|| invalid(&format!("The parameter {name} is missing")).into())
    }
}

fn invalid(text: &str) -> OAuthError {
    OAuthError::InvalidRequest(text.to_owned())
}

fn percent_signs_are_followed_by_digits(body: &[u8]) -> bool {
    body.split(|byte| *byte == b'%')
        .skip(1)
        .all(|rest| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        let form = Form::read("a=1&b=x+y%2Bz&%63=%C3%A9&d=ü&e=&f&g==%25".as_bytes()).unwrap();
        let values = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| form.value(name));
        let expected = [Some("1"), Some("x y+z"), Some("é"), Some("ü"), None, None, Some("=%"), None];
        assert_eq!(values, expected);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (body, reason) in [
            ("a=1&a=1", "A parameter stands twice in the body"),
            ("a=1&%61=2", "A parameter stands twice in the body"),
            ("a=&a", "A parameter stands twice in the body"),
            ("a=%", "The body has a percent sign without two hexadecimal digits after it"),
            ("a=%4", "The body has a percent sign without two hexadecimal digits after it"),
            ("a=%%41", "The body has a percent sign without two hexadecimal digits after it"),
            ("a=%zz", "The body has a percent sign without two hexadecimal digits after it"),
            ("a=%ff", "The body is not UTF-8"),
            ("%c3=1", "The body is not UTF-8"),
        ] {
            assert_eq!(Form::read(body.as_bytes()).err(), Some(invalid(reason)), "{body}");
        }
    }
}
