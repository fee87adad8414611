//! The keys of a request's body, for the document.

use serde_json::{Map, Value, json};

use super::error::DataError;
use super::kind::{Description, or_null};

/// Keys, as they are noted while a [`Body`](super::body::Body) is read.
#[derive(Default)]
pub(crate) struct Keys {
    properties: Map<String, Value>,
    must_haves: Vec<&'static str>,
    is_required: bool,
    errors: Vec<DataError>,
    rules: Vec<String>,
}

impl Keys {
    /// The names of the keys.
    pub(crate) fn names(self) -> Vec<String> {
        self.properties.into_iter().map(|(name, _)| name).collect()
    }

    /// A key that must be there.
    pub(crate) fn required(&mut self, key: &'static str, description: Description) {
        self.errors.push(DataError::MissingRequiredValue { key });
        self.must_have(key);
        self.key(key, description);
    }

    /// A parameter of a form that must be there.
    pub(crate) fn needed(&mut self, key: &'static str, description: Description) {
        self.must_have(key);
        self.key(key, description);
    }

    /// A key that may be absent; null means the same.
    pub(crate) fn optional(&mut self, key: &'static str, mut description: Description) {
        if description.schema.get("enum").is_none() {
            or_null(&mut description.schema);
        }
        self.key(key, description);
    }

    /// A key that may be absent. Null is a value.
    pub(crate) fn optional_or_null(&mut self, key: &'static str, description: Description) {
        self.key(key, description);
    }

    /// At least one of several keys must be there.
    pub(crate) fn at_least_one_of(&mut self, keys: &'static [&'static str]) {
        self.errors.push(DataError::MissingAtLeastOneValue { keys });
        self.rules.push(format!("At least one of `{}`.", keys.join("`, `")));
        self.is_required = true;
    }

    fn must_have(&mut self, key: &'static str) {
        self.must_haves.push(key);
        self.is_required = true;
    }

    fn key(&mut self, key: &'static str, Description { schema, errors }: Description) {
        self.properties.insert(key.to_owned(), schema);
        self.errors.extend(errors);
    }

    /// The schema, whether the body is required, and the errors.
    pub(super) fn into_parts(self) -> (Value, bool, Vec<DataError>) {
        let Self { properties, must_haves, is_required, errors, mut rules } = self;
        rules.push("Keys that are not listed are ignored.".to_owned());
        let mut schema = json!({"type": "object", "description": rules.join(" ")});
        if !must_haves.is_empty() {
            schema["required"] = must_haves.into();
        }
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        (schema, is_required, errors)
    }
}
