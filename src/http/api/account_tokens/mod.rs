//! The tokens of one account: `/user/tokens`, `/users/{id}/tokens`, and the same for services.

mod create_named;
mod create_temporary;
mod delete_named;
mod delete_temporary;
mod list;
mod list_named;
mod revoke;
mod show_by_name;
mod show_generation;
mod uses;

pub(in crate::http) use create_named::create_named;
pub(in crate::http) use create_temporary::create_temporary;
pub(in crate::http) use delete_named::delete_named;
pub(in crate::http) use delete_temporary::delete_temporary;
pub(in crate::http) use list::list;
pub(in crate::http) use list_named::list_named;
pub(in crate::http) use revoke::revoke;
pub(in crate::http) use show_by_name::show_by_name;
pub(in crate::http) use show_generation::show_generation;
pub(in crate::http) use uses::uses;
