//! The async runtime of the commands.

use futures_util::FutureExt as _;

use super::failure::Failure;

/// Runs `work` to its end on this thread. It is boxed, so that the runtime's code is compiled once, not once for each command.
///
/// # Errors
/// That of `work`, or the system gives no runtime.
pub fn run_to_end<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work.boxed_local())
}
