//! What surrounds every request.

mod envelope;
mod inspect;
mod notes;
mod unread;

pub use envelope::{Envelope, MakeEnvelope};
pub(super) use notes::Notes;
