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

    /// Lets time pass: until another read, which is none of these, would be waited for longer.
    async fn until_later_than(first: Instant) {
        while tokio::spawn(async { until(PATIENCE) }).await.unwrap() <= first {}
    }

    #[tokio::test]
    async fn reads_of_one_verdict_have_one_limit_and_others_one_each() {
        let two = async || {
            let first = until(PATIENCE);
            until_later_than(first).await;
            (first, until(PATIENCE))
        };
        let (first, second) = as_one_read(two()).await;
        assert_eq!(first, second);
        let (first, second) = two().await;
        assert!(first < second);
        let (of_another, _) = as_one_read(two()).await;
        assert!(second <= of_another);
    }
}
