//! The tokens of one account: `/user/tokens`, `/users/{id}/tokens`, and the same for services.

pub(crate) mod create_named;
pub(crate) mod create_temporary;
pub(crate) mod delete_named;
pub(crate) mod delete_temporary;
pub(crate) mod list;
pub(crate) mod list_named;
pub(crate) mod revoke;
pub(crate) mod show_by_name;
pub(crate) mod show_generation;
pub(crate) mod uses;
