//! `/user`: the caller's own account.

pub(crate) mod delete;
pub(crate) mod password;
pub(crate) mod password_reset;
pub(crate) mod show;
pub(crate) mod update;
