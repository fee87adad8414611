//! `/user/client_tokens`: the reference endpoint.

mod create;
mod list;
mod revoke;

pub(in crate::http) use create::create;
pub(in crate::http) use list::list;
pub(in crate::http) use revoke::revoke;
