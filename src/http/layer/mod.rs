//! What surrounds every request.

mod envelope;
mod inspect;
mod notes;
#[cfg(feature = "otlp")]
pub(super) mod route;
mod unread;

pub use envelope::{Envelope, MakeEnvelope};
pub(super) use notes::Notes;
