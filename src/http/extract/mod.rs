//! What handlers take from a request: who is calling, and with which options.

mod caller;
mod credentials;
mod options;

pub(super) use caller::Caller;
pub(super) use options::Options;
