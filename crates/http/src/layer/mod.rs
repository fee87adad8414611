//! The layers around every request.

mod budget;
mod cors;
mod envelope;
mod inspect;
mod notes;
mod path;
mod request_body;
#[cfg(feature = "otlp")]
pub(super) mod route;

pub use envelope::{Envelope, MakeEnvelope};
pub(super) use notes::Notes;
pub(super) use request_body::BodyError;
pub use request_body::READ_ON;
