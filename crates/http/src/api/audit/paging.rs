//! How pages of audit rows are asked for, wherever they are answered.

use utoipa::openapi::schema::Type;

use crate::error::ApiError;
use crate::openapi::{Document, value};
use crate::query::{self, bad};
use zonemint_service::audit::Place;

/// Rows on a page, if the request does not say, and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

/// What is expected in the query.
const A_LIMIT: &str = "a whole number from 1 to 500";
const A_CURSOR: &str = "what \"next\" of the page before said";

/// How many rows there should be, and from where on. `parse` knows how the cursors of the operation are written.
pub(crate) fn read(
    limit: Option<&str>,
    cursor: Option<&str>,
    parse: impl FnOnce(&str) -> Option<Place>,
) -> Result<(usize, Option<Place>), ApiError> {
    let limit = query::limit("limit", limit, USUAL, MOST)?;
    let place = cursor.map(|text| parse(text).ok_or_else(|| bad("cursor", A_CURSOR))).transpose()?;
    Ok((limit, place))
}

/// Describes what [`read`] takes.
pub(crate) fn describe(document: Document) -> Document {
    document
        .query("limit", value::expected(Type::Integer, "How many, 1 to 500; 50 if absent", A_LIMIT))
        .query("cursor", value::expected(Type::String, "`next` of the page before", A_CURSOR))
}
