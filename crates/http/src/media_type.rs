//! `Content-Type`, by its grammar (RFC 9110 sections 5.6.6 and 8.3.1).

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// The encodings whose texts are UTF-8. RFC 8259 section 8.1 allows JSON no other one, RFC 6749 appendix B forms.
const UTF8: [&[u8]; 3] = [b"utf-8", b"utf8", b"us-ascii"];

/// Whether a body is of a type whose text is UTF-8: with such a `charset` or without one. Other parameters are ignored.
pub(super) fn is(headers: &HeaderMap, essence: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let value = value.as_bytes();
    let (given, mut rest) = value.split_at(value.iter().position(|&byte| byte == b';').unwrap_or(value.len()));
    if !given.trim_ascii().eq_ignore_ascii_case(essence.as_bytes()) {
        return false;
    }
    while let Some(parameter) = rest.trim_ascii_start().strip_prefix(b";") {
        rest = parameter.trim_ascii_start();
        if rest.is_empty() || rest.starts_with(b";") {
            continue;
        }
        let Some((name, value, after)) = read(rest) else { return false };
        if name.eq_ignore_ascii_case(b"charset") && !UTF8.iter().any(|utf8| utf8.eq_ignore_ascii_case(&value)) {
            return false;
        }
        rest = after;
    }
    rest.trim_ascii().is_empty()
}

/// Reads `name=value` or `name="value"`, and returns the rest.
fn read(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let (name, rest) = token(text)?;
    let rest = rest.strip_prefix(b"=")?;
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let (value, after) = token(rest)?;
        return Some((name, value.to_vec(), after));
    };
    let (mut value, mut bytes) = (Vec::new(), quoted.iter());
    loop {
        match bytes.next()? {
            b'"' => return Some((name, value, bytes.as_slice())),
            b'\\' => value.push(*bytes.next()?),
            byte => value.push(*byte),
        }
    }
}

fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~".contains(byte);
    let (token, rest) = text.split_at(text.iter().position(ends).unwrap_or(text.len()));
    (!token.is_empty()).then_some((token, rest))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_told_by_its_media_type_and_charset() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json;charset=\"u\\tf-8\"", true),
            ("application/json; charset=us-ascii", true),
            ("application/json;", true),
            ("application/json ;; charset=utf8 ; ", true),
            ("application/json; profile=\"a;charset=latin1\"; charset=utf-8", true),
            ("application/json; profile=\"a\\\";\"", true),
            ("application/json; charset=latin1", false),
            ("application/json; charset=utf-8; charset=latin1", false),
            ("application/json; charset", false),
            ("application/json; charset=", false),
            ("application/json; charset = utf-8", false),
            ("application/json; charset=\"utf-8", false),
            ("application/json; charset=\"utf-8\"x", false),
            ("application/json, text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("text/json", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is(&headers, "application/json"), expected, "{value}");
        }
        assert!(!is(&HeaderMap::new(), "application/json"));
    }
}
