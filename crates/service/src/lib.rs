//! The rules of tokens, accounts and the audit trail, and the flows that follow them. Each service takes a [`caller::Caller`], asks the
//! store, and knows nothing of HTTP.

pub mod audit;
pub mod caller;
pub mod geo;
mod import;
pub mod token;
pub mod user;
