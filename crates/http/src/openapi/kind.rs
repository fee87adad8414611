//! What may stand under a key: its schema, and what is answered when it is something else.

use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::error::DataError;

/// What may stand under a key.
pub(crate) struct Kind {
    pub(super) schema: RefOr<Schema>,
    pub(super) errors: Vec<DataError>,
}

impl Kind {
    pub(super) fn new(schema: impl Into<RefOr<Schema>>, errors: impl IntoIterator<Item = DataError>) -> Self {
        Self { schema: schema.into(), errors: errors.into_iter().collect() }
    }
}

/// Allows null, too.
pub(super) fn or_null(kind: &mut SchemaType) {
    if let SchemaType::Type(one) = kind {
        *kind = SchemaType::from_iter([one.clone(), Type::Null]);
    }
}
