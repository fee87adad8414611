//! How pages of audit rows are asked for, wherever they are answered.

use crate::error::ApiError;
use crate::query::Query;
use zonemint_service::audit::Place;

/// Rows on a page, if the request does not say, and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

/// How many rows there should be, and from where on. `parse` knows how the cursors of the operation are written.
pub(crate) fn read(
    query: &mut Query<'_>,
    parse: impl FnOnce(&str) -> Option<Place>,
) -> Result<(usize, Option<Place>), ApiError> {
    Ok((query.limit("limit", USUAL, MOST)?, query.cursor(parse)?))
}
