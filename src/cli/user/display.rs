//! What several commands say of a user.

use crate::cli::opened_store::OpenedStore;
use zonemint_base::model::{User, UserName};
use zonemint_http::Gate;

/// Says which groups came with a name.
pub(super) fn warn_if_listed(opened: &OpenedStore, gate: &Gate, name: &UserName) {
    if let Some(warning) = gate.warning(name, opened.accounts.ignores_case()) {
        eprintln!("warning: {warning}");
    }
}

/// What the user signs in with; a dash for nothing.
pub(super) fn name(user: &User) -> &str {
    user.name.as_ref().map_or("-", UserName::as_str)
}

/// Whether the user is blocked, in a word.
pub(super) fn state(user: &User) -> &'static str {
    if user.blocked { "blocked" } else { "active" }
}
