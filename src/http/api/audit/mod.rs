//! `/audit`: what happened, for who may see all of it.

pub(in crate::http) mod list;
