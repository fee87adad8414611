//! `/user`: the caller's own account.

pub(in crate::http) mod delete;
pub(in crate::http) mod password;
pub(in crate::http) mod password_reset;
pub(in crate::http) mod show;
pub(in crate::http) mod update;
