//! The limit and the cursor of pages of audit rows.

use crate::error::ApiError;
use crate::query::Query;
use zonemint_service::audit::Place;

/// Rows on a page: the default, and the maximum.
const USUAL: usize = 50;
const MOST: usize = 500;

/// Reads the limit and the cursor. `parse` reads the operation's form of cursors.
pub(crate) fn read(
    query: &mut Query<'_>,
    parse: impl FnOnce(&str) -> Option<Place>,
) -> Result<(usize, Option<Place>), ApiError> {
    Ok((query.limit("limit", USUAL, MOST)?, query.cursor(parse)?))
}
