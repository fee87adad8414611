//! Waiting: for something to become so, or for a span of time to pass under load.

use std::time::{Duration, Instant};

/// How often it is looked.
const PACE: Duration = Duration::from_millis(50);

/// Asks again and again until it is so; the time that took, or an error when it is not so within `timeout`.
pub async fn until(timeout: Duration, mut holds: impl AsyncFnMut() -> bool) -> Result<Duration, &'static str> {
    let (started, mut looks) = (Instant::now(), tokio::time::interval(PACE));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while started.elapsed() < timeout {
        looks.tick().await;
        if holds().await {
            return Ok(started.elapsed());
        }
    }
    Err("it did not come about in time")
}

/// Lets the load go on for a while.
#[expect(clippy::disallowed_methods, reason = "it is not an event that is waited for, but the load that is to go on")]
pub async fn pass(span: Duration) {
    tokio::time::sleep(span).await;
}
