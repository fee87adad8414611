//! The module `/console/declared.js`: what the console takes from the server's declarations.

use std::collections::BTreeMap;

use serde_json::json;
use zonemint_store::AuditAction;

/// `NEEDED` has the privilege of each operation that needs one, by method and path; `ACTIONS` are those of the audit trail.
pub(super) fn script() -> String {
    let needed = crate::onezone().filter_map(|(path, endpoint)| {
        let privilege = (endpoint.document)().privilege(&path)?;
        Some((format!("{} {path}", endpoint.method.to_ascii_uppercase()), privilege.name()))
    });
    let needed = json!(needed.collect::<BTreeMap<_, _>>());
    let mut actions: Vec<_> = AuditAction::names().collect();
    // Actions on one kind of thing stand together.
    actions.sort_by_key(|name| AuditAction::names().position(|other| subject(other) == subject(name)));
    let actions = json!(actions);
    format!(
        "// Made from the server's declarations.\nexport const NEEDED = {needed};\nexport const ACTIONS = {actions};\n"
    )
}

fn subject(action: &str) -> Option<&str> {
    action.split('.').next()
}
