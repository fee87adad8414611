//! `/oauth`, for clients that know OAuth 2.0 and nothing of us. The manual's page "OAuth and the grid" says how its words are meant
//! here.

pub(in crate::http) mod introspect;
pub(in crate::http) mod metadata;
pub(in crate::http) mod revoke;
pub(in crate::http) mod token;
