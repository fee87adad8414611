//! `/user/client_tokens`: the reference endpoint.

pub(in crate::http) mod create;
pub(in crate::http) mod list;
mod macaroon_request;
pub(in crate::http) mod revoke;
