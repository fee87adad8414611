//! An error by the newer contract, as JSON.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// One error in the newer form. Its keys, and those of its details, stay in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Object {
    pub(crate) id: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    pub(crate) details: Vec<(&'static str, Detail)>,
    pub(crate) description: Cow<'static, str>,
    /// Where in its code the error arose, which Onezone has since 25.0; here always null.
    pub(crate) ctx: (),
}

/// A value in an error's details.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Detail {
    /// Any JSON.
    Value(Value),
    /// The error that caused this one.
    Error(Object),
}

impl Object {
    /// An error without details.
    pub(super) fn new(id: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) -> Self {
        Self { id: id.into(), details: Vec::new(), description: description.into(), ctx: () }
    }

    /// Adds a full stop to the description.
    pub(super) fn with_full_stop(mut self) -> Self {
        self.description.to_mut().push('.');
        self
    }

    /// Adds a value to the details.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((key, Detail::Value(value.into())));
        self
    }

    /// Adds the error that caused this one to the details, and its text to the description, which has no full stop before.
    pub(super) fn caused_by(mut self, key: &'static str, error: Self) -> Self {
        self.description = format!("{}: {}", self.description, error.description).into();
        self.details.push((key, Detail::Error(error)));
        self
    }

    pub(super) fn write(&self) -> String {
        #[derive(Serialize)]
        struct Whole<'a> {
            error: &'a Object,
        }
        // Strings and JSON values under string keys can always be written.
        serde_json::to_string(&Whole { error: self }).unwrap_or_else(|_| json!({"error": {"id": self.id}}).to_string())
    }
}

fn in_order<S: Serializer>(details: &[(&'static str, Detail)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|(key, value)| (key, value)))
}
