//! `/audit`: what happened, for who may see all of it.

pub(in crate::http) mod list;
pub(in crate::http) mod paging;
mod row;

pub(in crate::http) use row::{OfRequest, minted_by};
