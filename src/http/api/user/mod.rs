//! `/user`: the caller's own account.

mod delete;
mod password;
mod show;
mod update;

pub(in crate::http) use delete::delete;
pub(in crate::http) use password::password;
pub(in crate::http) use show::show;
pub(in crate::http) use update::update;
