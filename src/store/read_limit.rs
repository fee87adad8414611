//! A limit that several reads have together.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    /// When the first of them began.
    static BEGUN: Cell<Option<Instant>>;
}

/// Gives all reads of `work` together no more time than one alone has: who asks whether a token is good waits for one answer,
/// however many records that takes.
pub async fn as_one_read<T>(work: impl Future<Output = T>) -> T {
    BEGUN.scope(Cell::new(None), work).await
}

/// Until when a read that begins now is waited for, if one alone may take `patience`.
#[expect(clippy::disallowed_methods, reason = "the limit is one of real time, as that of each wait for the database")]
pub(super) fn until(patience: Duration) -> Instant {
    let now = Instant::now();
    let first = BEGUN.try_with(|begun| {
        let first = begun.get().unwrap_or(now);
        begun.set(Some(first));
        first
    });
    first.unwrap_or(now) + patience
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn reads_of_one_verdict_have_one_limit_and_others_one_each() {
        let two = async || {
            let first = until(PATIENCE);
            tokio::time::advance(Duration::from_secs(3)).await;
            (first, until(PATIENCE))
        };
        let (first, second) = as_one_read(two()).await;
        assert_eq!(first, second);
        let (first, second) = two().await;
        assert_eq!(second - first, Duration::from_secs(3));
        let (of_another, _) = as_one_read(two()).await;
        assert!(of_another > second);
    }
}
