//! The compact form of a JWT (RFC 7515 section 7.1), read once: what is verified is what is used.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::error::InvalidToken;
use crate::keys::Key;
use crate::limits::LONGEST_TOKEN;

/// A JWT that was read, and not verified.
pub(crate) struct Unverified<'a> {
    pub(crate) header: Map<String, Value>,
    claims: Map<String, Value>,
    /// Header and payload as they are signed.
    message: &'a str,
    signature: &'a str,
}

/// The form that a text has.
pub(crate) enum Form<'a> {
    Jwt(Unverified<'a>),
    Opaque,
}

/// Tells a JWT from an opaque token: three parts, the first of them a JSON object with `alg`.
pub(crate) fn read(text: &str) -> Result<Form<'_>, InvalidToken> {
    if !is_bearer(text) {
        return Err(InvalidToken::Text);
    }
    let Some((message, signature)) = text.rsplit_once('.') else { return Ok(Form::Opaque) };
    let Some((header, payload)) = message.split_once('.').filter(|(_, payload)| !payload.contains('.')) else {
        return Ok(Form::Opaque);
    };
    let Some(header) = object(header).filter(|header| header.contains_key("alg")) else { return Ok(Form::Opaque) };
    let claims = object(payload).ok_or(InvalidToken::Malformed)?;
    Ok(Form::Jwt(Unverified { header, claims, message, signature }))
}

/// RFC 6750 section 2.1.
fn is_bearer(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let body = text.trim_end_matches('=');
    !body.is_empty() && text.len() <= LONGEST_TOKEN && body.bytes().all(is_inner)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl Unverified<'_> {
    /// The issuer that the token claims to be of.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// The header's algorithm, if it is listed, and the key that is named. Refuses critical extensions: there is none that we know.
    pub(crate) fn signed_with(&self, accepted: &[Algorithm]) -> Result<(Algorithm, Option<&str>), InvalidToken> {
        if self.header.contains_key("crit") || self.header.contains_key("b64") {
            return Err(InvalidToken::Critical);
        }
        let alg = self.header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = alg.filter(|alg| accepted.contains(alg)).ok_or(InvalidToken::Algorithm)?;
        match self.header.get("kid") {
            None => Ok((algorithm, None)),
            Some(Value::String(kid)) => Ok((algorithm, Some(kid))),
            Some(_) => Err(InvalidToken::Malformed),
        }
    }

    /// The claims, after the signature was verified with exactly this algorithm.
    pub(crate) fn verify(self, algorithm: Algorithm, key: &Key) -> Result<Map<String, Value>, InvalidToken> {
        let signature = algorithm.signature();
        let verified = jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key.material(), signature);
        if key.fits(algorithm) && verified.is_ok_and(|is_right| is_right) {
            Ok(self.claims)
        } else {
            Err(InvalidToken::Signature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(text)
    }

    fn form(text: &str) -> String {
        match read(text) {
            Ok(Form::Jwt(jwt)) => format!("JWT of {:?}", jwt.issuer()),
            Ok(Form::Opaque) => "opaque".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn a_jwt_has_three_parts_and_an_algorithm() {
        let (header, payload) = (part(r#"{"alg":"none"}"#), part(r#"{"iss":"https://id"}"#));
        assert_eq!(form(&format!("{header}.{payload}.")), r#"JWT of Some("https://id")"#);
        assert_eq!(form(&format!("{header}.{}.x", part(r#"{"iss":["https://id"]}"#))), "JWT of None");
        assert_eq!(form(&format!("{header}.{}.x", part("[]"))), "Malformed");
        for opaque in
            ["abc", "a.b", "a.b.c", "a.b.c.d.e", &format!("{}.{payload}.x", part("{}")), "MDAxY2xvY2F0aW9u+/=="]
        {
            assert_eq!(form(opaque), "opaque", "{opaque}");
        }
        assert_eq!(form(&format!("{header}.{payload}.x.y.z")), "opaque");
        for bad in ["", "=", "a b", "a:b", "a\n", "é", "a=b", &"a".repeat(LONGEST_TOKEN + 1)] {
            assert_eq!(form(bad), "Text", "{bad}");
        }
    }

    #[test]
    fn a_header_with_extensions_or_another_algorithm_is_refused() {
        let signed_with = |header: &str| {
            let text = format!("{}.{}.x", part(header), part("{}"));
            let Ok(Form::Jwt(jwt)) = read(&text) else { panic!("{header}") };
            jwt.signed_with(&[Algorithm::Es256]).map(|(_, kid)| kid.map(str::to_owned))
        };
        assert_eq!(signed_with(r#"{"alg":"ES256"}"#), Ok(None));
        assert_eq!(signed_with(r#"{"alg":"ES256","kid":"a"}"#), Ok(Some("a".to_owned())));
        assert_eq!(signed_with(r#"{"alg":"ES256","kid":7}"#), Err(InvalidToken::Malformed));
        assert_eq!(signed_with(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#), Err(InvalidToken::Critical));
        assert_eq!(signed_with(r#"{"alg":"ES256","b64":false}"#), Err(InvalidToken::Critical));
        for alg in [r#""none""#, r#""HS256""#, r#""RS256""#, "null", r#"["ES256"]"#] {
            assert_eq!(signed_with(&format!(r#"{{"alg":{alg}}}"#)), Err(InvalidToken::Algorithm), "{alg}");
        }
    }
}
