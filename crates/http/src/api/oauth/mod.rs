//! `/oauth`, for clients that know OAuth 2.0 and nothing of us. The manual's page "OAuth and the grid" says how its words are meant
//! here.

pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod revoke;
pub(crate) mod token;
