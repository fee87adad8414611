//! A limit that several reads have together.

use std::pin::Pin;
use std::time::Duration;

use super::{Store, StoreError};

/// What a single read may take beyond its own limit before it is given up here: it knows better what to do with its connection.
const GRACE: Duration = Duration::from_millis(250);

/// Waits for all reads of `work` together no longer than for one alone: a caller that asks whether a token is good waits for one
/// answer, however many records it needs. A read that others wait for, too, is then done by the next one of them.
///
/// `work` stays where it is: a future that is moved stands in its caller's twice, and each request pays for the copies.
///
/// # Errors
/// Those of `work`, and [`StoreError::Unavailable`] when it takes too long.
pub async fn as_one_read<T, E: From<StoreError>>(
    store: &dyn Store,
    work: Pin<&mut (impl Future<Output = Result<T, E>> + ?Sized)>,
) -> Result<T, E> {
    let Some(limit) = store.read_limit() else { return work.await };
    let slow = |_| StoreError::unavailable("its answers together take too long");
    tokio::time::timeout(limit + GRACE, work).await.map_err(slow)?
}
