//! `authorization = none`: an old way to say that an access token proves an identity and allows nothing else.
//!
//! Onezone accepts it from providers, on an access token where an identity token is asked for, and nowhere else. Identity
//! tokens do not support it.

use serde_json::{Value, json};

pub(super) const TEXT: &str = "authorization = none";

/// Whether a value is the JSON form, the only one without a `type`.
pub(super) fn is_json(json: &Value) -> bool {
    json.get("type").is_none() && json.get("scope").and_then(Value::as_str) == Some("identityToken")
}

pub(super) fn to_json() -> Value {
    json!({"scope": "identityToken"})
}

pub(super) fn in_words() -> String {
    "usable only to prove an identity".to_owned()
}

pub(super) fn unverified_description() -> String {
    "unverified scope caveat: this token can only be used as an identity token".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_makes_it_something_else() {
        assert!(is_json(&json!({"scope": "identityToken", "x": 1})));
        assert!(!is_json(&json!({"scope": "identityToken", "type": "scope"})));
        assert!(!is_json(&json!({"scope": "identity"})));
    }
}
