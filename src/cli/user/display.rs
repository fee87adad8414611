//! What several commands print about a user.

use crate::cli::opened_store::OpenedStore;
use zonemint_base::model::{User, UserName};
use zonemint_http::Gate;

/// Warns of the groups that list a name.
pub(super) fn warn_if_listed(opened: &OpenedStore, gate: &Gate, name: &UserName) {
    if let Some(warning) = gate.warning(name, opened.accounts.ignores_case()) {
        eprintln!("warning: {warning}");
    }
}

/// The name that the user logs in with; a dash for none.
pub(super) fn name(user: &User) -> &str {
    user.name.as_ref().map_or("-", UserName::as_str)
}

/// Whether the user is blocked.
pub(super) fn state(user: &User) -> &'static str {
    if user.blocked { "blocked" } else { "active" }
}
