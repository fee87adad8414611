//! The module `/console/declared.js`: what the console takes from the server's declarations.

use std::collections::BTreeMap;

use serde_json::json;

use crate::openapi::{Document, Place};
use crate::paths::PREFIX;
use zonemint_store::AuditAction;

/// `NEEDED` has the privilege of each operation that needs one, by method and path; `ACTIONS` are those of the audit trail.
pub(super) fn script(described: &[(Place, Document)]) -> String {
    let needed = described.iter().filter_map(|(Place { method, path, .. }, document)| {
        let privilege = document.privilege(path)?;
        let path = path.strip_prefix(PREFIX)?;
        Some((format!("{} {path}", method.to_ascii_uppercase()), privilege.name()))
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
