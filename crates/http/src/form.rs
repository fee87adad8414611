//! Request bodies: one form (`application/x-www-form-urlencoded`, RFC 6749 appendix B), read strictly.
//!
//! A parameter that occurs twice is refused (RFC 6749 section 3.2), because two programs could read two different values. A parameter
//! without a value counts as absent (the same section). The library decodes; what it would repair is refused.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The parameters of a form, some of which are secrets.
pub struct Form(BTreeMap<String, Zeroizing<String>>);

zonemint_base::opaque_debug!(Form);

/// Why a body is not a form. Never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The library would keep it as it is.
    #[error("The body has a percent sign without two hexadecimal digits after it")]
    PercentSign,
    /// The library would replace it by U+FFFD, so that character is refused too.
    #[error("The body is not UTF-8")]
    Utf8,
    /// A parameter has two values.
    #[error("A parameter occurs twice in the body")]
    Repeated,
}

/// Reads a body.
///
/// # Errors
/// [`FormError`] says which rule it breaks.
pub fn parse(body: &[u8]) -> Result<Form, FormError> {
    if !percent_signs_are_followed_by_digits(body) {
        return Err(FormError::PercentSign);
    }
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(FormError::Utf8);
        }
        if parameters.insert(name.into_owned(), Zeroizing::new(value.into_owned())).is_some() {
            return Err(FormError::Repeated);
        }
    }
    Ok(Form(parameters))
}

/// One value of a form, decoded. None if its encoding is wrong.
pub(super) fn decoded(value: &str) -> Option<Zeroizing<String>> {
    let value = Zeroizing::new(format!("={}", *Zeroizing::new(value.replace('&', "%26"))));
    let Form(mut parameters) = parse(value.as_bytes()).ok()?;
    parameters.remove("")
}

impl Form {
    /// A parameter that has a value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }
}

fn percent_signs_are_followed_by_digits(body: &[u8]) -> bool {
    let followed = |rest: &[u8]| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    body.split(|byte| *byte == b'%').skip(1).all(followed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        let form = parse("a=1&b=x+y%2Bz&%63=%C3%A9&d=ü&e=&f&g==%25".as_bytes()).unwrap();
        let values = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| form.value(name));
        assert_eq!(values, [Some("1"), Some("x y+z"), Some("é"), Some("ü"), None, None, Some("=%"), None]);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (body, expected) in [
            ("a=1&a=1", FormError::Repeated),
            ("a=1&%61=2", FormError::Repeated),
            ("a=&a", FormError::Repeated),
            ("a=%", FormError::PercentSign),
            ("a=%4", FormError::PercentSign),
            ("a=%%41", FormError::PercentSign),
            ("a=%zz", FormError::PercentSign),
            ("a=%ff", FormError::Utf8),
            ("%c3=1", FormError::Utf8),
        ] {
            assert_eq!(parse(body.as_bytes()).err(), Some(expected), "{body}");
        }
    }

    #[test]
    fn no_value_is_shown() {
        assert_eq!(format!("{:?}", parse(b"password=secret").unwrap()), "Form");
    }
}
