//! `/providers`: services, which have tokens and no password, for administrators.

pub(crate) mod access_block;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod show;
