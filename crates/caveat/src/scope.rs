//! `authorization = none`: the old text by which an access token proves an identity and allows nothing else.
//!
//! Onezone accepts it from providers, on an access token where an identity token is asked for, and nowhere else. Identity
//! tokens do not support it.

use serde_json::{Value, json};

pub(super) const TEXT: &str = "authorization = none";

/// Whether a value is the JSON form. It has no `type`; where there is one, it is this form all the same, as in Onezone, unless
/// the value is also one of the five forms that are tried before.
pub(super) fn is_json(json: &Value) -> bool {
    let has_items = |key: &str| json.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let is_another = match json.get("type").and_then(Value::as_str) {
        Some("time") => json.get("validUntil").is_some(),
        Some("ip" | "asn") => has_items("whitelist"),
        Some("geo.country" | "geo.region") => json.get("filter").is_some() && has_items("list"),
        _ => false,
    };
    !is_another && json.get("scope").and_then(Value::as_str) == Some("identityToken")
}

pub(super) fn to_json() -> Value {
    json!({"scope": "identityToken"})
}

pub(super) fn in_words() -> String {
    "usable only to prove an identity".to_owned()
}

pub(super) fn unverified_description() -> String {
    "this token carries no authorization (can be used only for identity verification)".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_form_that_is_whole_comes_first() {
        for json in [
            json!({"scope": "identityToken", "x": 1}),
            json!({"scope": "identityToken", "type": null}),
            json!({"scope": "identityToken", "type": "scope"}),
            json!({"scope": "identityToken", "type": "time"}),
            json!({"scope": "identityToken", "type": "ip", "whitelist": []}),
            json!({"scope": "identityToken", "type": "service", "whitelist": ["opw-*"]}),
        ] {
            assert!(is_json(&json), "{json}");
        }
        for json in [
            json!({"scope": "identity"}),
            json!({"scope": "identityToken", "type": "time", "validUntil": 5}),
            json!({"scope": "identityToken", "type": "asn", "whitelist": [1]}),
            json!({"scope": "identityToken", "type": "geo.region", "filter": "whitelist", "list": ["EU"]}),
        ] {
            assert!(!is_json(&json), "{json}");
        }
    }
}
