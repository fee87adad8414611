//! Memory that is free goes back to the system, also while the server has nothing to do.

use std::hint::black_box;
use std::time::Duration;

use tokio::task::JoinHandle;

use zonemint_base::clock::ticks;
use zonemint_telemetry::{Task, task};

/// How often memory is given back.
const PACE: Duration = Duration::from_secs(5);
/// So large that mimalloc takes it from the system's pages by itself, in bytes. It is not written to, so it takes no memory.
const BLOCK: usize = 4 << 20;

/// mimalloc gives free memory back after a second, but looks for it only when it frees pages: here it does. With another allocator this has
/// no effect.
pub(super) fn give_back() -> JoinHandle<()> {
    task::keep(Task::Memory, || async {
        let mut ticks = ticks(PACE);
        loop {
            ticks.tick().await;
            drop(black_box(Vec::<u8>::with_capacity(BLOCK)));
        }
    })
}
