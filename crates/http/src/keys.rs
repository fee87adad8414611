//! The keys of a request's body, for the document.

use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{RefOr, Schema};

use super::error::DataError;
use super::kind::{Description, or_null};

/// Keys, as they are noted while a [`Body`](super::body::Body) is read.
#[derive(Default)]
pub(crate) struct Keys {
    object: ObjectBuilder,
    names: Vec<&'static str>,
    is_required: bool,
    errors: Vec<DataError>,
    rules: Vec<String>,
}

impl Keys {
    /// The names of the keys.
    pub(crate) fn names(self) -> Vec<&'static str> {
        self.names
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
        match &mut description.schema {
            RefOr::T(Schema::Object(object)) if object.enum_values.is_none() => or_null(&mut object.schema_type),
            RefOr::T(Schema::Array(array)) => or_null(&mut array.schema_type),
            RefOr::T(_) | RefOr::Ref(_) => {}
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
        self.object = std::mem::take(&mut self.object).required(key);
        self.is_required = true;
    }

    fn key(&mut self, key: &'static str, Description { schema, errors }: Description) {
        self.object = std::mem::take(&mut self.object).property(key, schema);
        self.names.push(key);
        self.errors.extend(errors);
    }

    /// The schema, whether the body is required, and the errors.
    pub(super) fn into_parts(self) -> (RefOr<Schema>, bool, Vec<DataError>) {
        let Self { object, is_required, errors, mut rules, .. } = self;
        rules.push("Keys that are not listed are ignored.".to_owned());
        (object.description(Some(rules.join(" "))).into(), is_required, errors)
    }
}
