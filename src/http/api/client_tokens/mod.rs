//! `/user/client_tokens`: the reference endpoint.

pub(in crate::http) mod create;
pub(in crate::http) mod list;
pub(in crate::http) mod revoke;
