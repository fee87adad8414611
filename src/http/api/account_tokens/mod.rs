//! The tokens of one account: `/user/tokens`, `/users/{id}/tokens`, and the same for services.

pub(in crate::http) mod create_named;
pub(in crate::http) mod create_temporary;
pub(in crate::http) mod delete_named;
pub(in crate::http) mod delete_temporary;
pub(in crate::http) mod list;
pub(in crate::http) mod list_named;
pub(in crate::http) mod revoke;
pub(in crate::http) mod show_by_name;
pub(in crate::http) mod show_generation;
pub(in crate::http) mod uses;
