//! `/oauth`, for clients that know OAuth 2.0 and nothing of us. The manual's page `oauth` says how its words are meant here.

mod introspect;
mod metadata;
mod revoke;
mod token;

pub(in crate::http) use introspect::introspect;
pub(in crate::http) use metadata::metadata;
pub(in crate::http) use revoke::revoke;
pub(in crate::http) use token::token;
