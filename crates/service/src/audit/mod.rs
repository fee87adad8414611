//! The audit trail: verifying it, noting where chains end, exporting and archiving rows. `docs/manual/audit.md` says what it
//! proves.
//!
//! Rows are written by the store, in the transaction of what they record; this module only reads them, and adds rows about
//! chains. It knows neither users nor tokens.
//!
//! Where the next thing goes: something else that can be wrong with a chain is a [`Fault`], found in `walk.rs` when it shows
//! between neighbours and in `verification.rs` otherwise.

pub mod archive;
mod checkpoint;
mod finding;
mod latest;
pub mod line;
mod note;
mod settings;
#[cfg(test)]
mod tests;
mod trail;
mod verification;
mod walk;

pub use checkpoint::Checkpoints;
pub use finding::{Fault, Finding, Witness, called};
pub use latest::{AuditTrail, Called, Newest, Place, Wanted};
pub use note::{Archived, End, NotAnEnd, checkpoint, parse_checkpoint};
pub use settings::Settings;
pub use trail::{Entry, PAGE, VerifyError, first_at, last_rows, page, verify};
pub use verification::{ChainSpan, Report};
