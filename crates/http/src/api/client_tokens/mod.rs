//! `/user/client_tokens`: the reference endpoint.

pub(crate) mod create;
pub(crate) mod list;
mod macaroon_request;
pub(crate) mod revoke;
