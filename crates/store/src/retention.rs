//! How long changes stay in the feed: for `store.keep_changes`. This decides what is old enough; when it is looked for, `app` schedules.

use super::{Store, StoreError};
use zonemint_base::model::Period;

/// Deletes at most `limit` changes from the front of the feed that are older than `keep`; says how many.
///
/// # Errors
/// [`StoreError`]; the next call does the same again.
pub async fn delete_old_changes(
    store: &dyn Store,
    keep: Period,
    limit: usize,
    now_ms: u64,
) -> Result<usize, StoreError> {
    store.purge_changes(now_ms.saturating_sub(keep.ms()), limit).await
}
