//! Waiting for something to become so.

use std::time::{Duration, Instant};

/// How often it is looked.
const PACE: Duration = Duration::from_millis(25);
/// For how long. A browser on a busy machine may take seconds for what it usually does at once.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks again and again until there is an answer; none when there is none in time.
pub async fn until<T>(mut answer: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let (started, mut looks) = (Instant::now(), tokio::time::interval(PACE));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while started.elapsed() < TIMEOUT {
        looks.tick().await;
        let found = answer().await;
        if found.is_some() {
            return found;
        }
    }
    None
}
