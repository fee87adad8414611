//! The keys of a request's body, in the order in which they are read.

use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{RefOr, Schema};

use super::kind::{Kind, or_null};
use crate::error::DataError;

/// Keys, as [`Body`](crate::body::Body) reads them.
#[derive(Default)]
pub(crate) struct Keys {
    object: ObjectBuilder,
    is_required: bool,
    errors: Vec<DataError>,
    rules: Vec<String>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A key that must be there.
    pub(crate) fn required(mut self, key: &'static str, kind: impl FnOnce(&'static str) -> Kind) -> Self {
        self.errors.push(DataError::MissingRequiredValue { key });
        self.object = self.object.required(key);
        self.is_required = true;
        self.key(key, kind(key))
    }

    /// A parameter of a form that must be there.
    pub(crate) fn needed(mut self, key: &'static str, kind: impl FnOnce(&'static str) -> Kind) -> Self {
        self.object = self.object.required(key);
        self.is_required = true;
        self.key(key, kind(key))
    }

    /// A key that may be absent, or null, which is the same.
    pub(crate) fn optional(self, key: &'static str, kind: impl FnOnce(&'static str) -> Kind) -> Self {
        let mut kind = kind(key);
        match &mut kind.schema {
            RefOr::T(Schema::Object(object)) if object.enum_values.is_none() => or_null(&mut object.schema_type),
            RefOr::T(Schema::Array(array)) => or_null(&mut array.schema_type),
            RefOr::T(_) | RefOr::Ref(_) => {}
        }
        self.key(key, kind)
    }

    /// A key that may be absent. Null is a value like others.
    pub(crate) fn or_absent(self, key: &'static str, kind: impl FnOnce(&'static str) -> Kind) -> Self {
        self.key(key, kind(key))
    }

    /// At least one of several keys must be there.
    pub(crate) fn at_least_one_of(mut self, keys: &'static [&'static str]) -> Self {
        self.errors.push(DataError::MissingAtLeastOneValue { keys });
        self.rules.push(format!("At least one of `{}`.", keys.join("`, `")));
        self.is_required = true;
        self
    }

    fn key(mut self, key: &'static str, Kind { schema, errors }: Kind) -> Self {
        self.object = self.object.property(key, schema);
        self.errors.extend(errors);
        self
    }

    /// Schema, whether there must be a body, and what is answered when it is something else.
    pub(super) fn into_parts(self) -> (RefOr<Schema>, bool, Vec<DataError>) {
        let Self { object, is_required, errors, mut rules } = self;
        rules.push("Keys that are not listed are ignored.".to_owned());
        (object.description(Some(rules.join(" "))).into(), is_required, errors)
    }
}
