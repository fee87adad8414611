//! `/audit`: what happened, for who may see all of it.

mod list;

pub(in crate::http) use list::list;
