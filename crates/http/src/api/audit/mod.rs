//! `/audit`: what happened, for who may see all of it.

pub(crate) mod list;
pub(crate) mod paging;
mod row;

pub(crate) use row::{OfRequest, minted_by};
