//! A trail of audit rows that goes on past a store which was put back: what its rows took away is taken away again.
//!
//! The rules stand here, once for all engines: which rows follow the store ([`Trail`]), what they take away ([`Plan`]), and in
//! which [`Effect`](super::Effect)s an engine applies that. A replay only takes away. What rows do not tell (which privileges, which
//! password) is taken away whole. What was made good again counts only against what the replay itself would take: so a trail
//! makes nothing good that the store refuses.

mod mark;
mod plan;
mod replayed;
mod run;
mod tally;
mod trail;

pub use mark::MARK;
pub use plan::Plan;
pub use replayed::Replayed;
pub use run::{LockedReplay, Replay, ReplayError, TrailLoader};
pub use tally::Tally;
pub use trail::{Trail, TrailError};
