//! Request bodies: one JSON object (RFC 8259), read strictly.
//!
//! Duplicate keys are refused at every depth, because two programs could read two different values; so are a byte order
//! mark and data after the object.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a body is not one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, nested too deep, or with something after it.
    #[error("not valid JSON")]
    Syntax,
    /// JSON, but not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A key stands twice in one object.
    #[error("a key occurs twice in one object")]
    DuplicateKey,
}

const DUPLICATE: &str = "duplicate key";

/// Reads a body that must be one JSON object.
///
/// # Errors
/// [`JsonError`] says which rule it breaks.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match serde_json::from_slice::<Strict>(bytes) {
        Ok(Strict(Value::Object(object))) => Ok(object),
        Ok(_) => Err(JsonError::NotAnObject),
        // serde_json has no kind of error for a visitor's own refusal other than its text.
        Err(error) if error.is_data() && error.to_string().starts_with(DUPLICATE) => Err(JsonError::DuplicateKey),
        Err(_) => Err(JsonError::Syntax),
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, _>()? {
            if object.insert(key, value).is_some() {
                return Err(serde::de::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_as_serde_json_reads_them() {
        let text = r#" {"a": [1, -2, 0.5, true, null, "x", {"b": {}}], "ü": 18446744073709551615} "#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn whatever_is_not_one_object_is_refused() {
        for (text, expected) in [
            ("", JsonError::Syntax),
            ("{", JsonError::Syntax),
            ("{} {}", JsonError::Syntax),
            ("{}x", JsonError::Syntax),
            ("\u{feff}{}", JsonError::Syntax),
            ("{'a': 1}", JsonError::Syntax),
            ("[]", JsonError::NotAnObject),
            ("null", JsonError::NotAnObject),
            ("\"duplicate key\"", JsonError::NotAnObject),
            (r#"{"a": 1, "a": 1}"#, JsonError::DuplicateKey),
            (r#"{"a": [{"b": 1, "\u0062": 2}]}"#, JsonError::DuplicateKey),
        ] {
            assert_eq!(object(text.as_bytes()), Err(expected), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(object(deep.as_bytes()), Err(JsonError::Syntax));
    }
}
