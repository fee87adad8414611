//! `/users`: accounts, for administrators.

pub(crate) mod access_block;
pub(crate) mod basic_auth;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
mod object;
pub(crate) mod privileges;
pub(crate) mod reset_link;
pub(crate) mod show;
pub(crate) mod update_privileges;

pub(crate) use object::{EXAMPLE_ID, UserObject};
