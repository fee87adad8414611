//! How long the parts of a transaction may take.

use std::time::Duration;

use super::fault::Fault;

/// A commit is not cut short: the server might answer that it is done while a standby has not got it yet.
pub(super) const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// How long a transaction waits for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For an answer of the server.
    pub(super) timeout: Duration,
    /// The server for a statement to end.
    pub(super) statement: Duration,
    /// A statement for a lock.
    pub(super) lock: Duration,
}

/// Waits for the database for a limited time.
pub(super) async fn timed<T, E>(timeout: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T, Fault>
where
    Fault: From<E>,
{
    Ok(tokio::time::timeout(timeout, work).await.map_err(|_| Fault::Silence)??)
}
