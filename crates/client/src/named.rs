//! One of the caller's tokens, by its name or id.

use serde_json::Value;

use super::connection::Connection;
use super::text::plain;
use crate::command::{CommandError, Failure};

/// What the server says of it, in Onezone's form, with its text. A name decides before an id.
pub(super) async fn find(connection: &Connection, name_or_id: &str) -> Result<Value, Failure> {
    try_find(connection, name_or_id).await?.ok_or_else(|| none(name_or_id))
}

/// None if there is no such token, or the server knows no names.
pub(super) async fn try_find(connection: &Connection, name_or_id: &str) -> Result<Option<Value>, Failure> {
    // In a path these would lead elsewhere; no name or id has this form.
    if matches!(name_or_id, "" | "." | "..") {
        return Ok(None);
    }
    for path in [&["user", "tokens", "named", "name", name_or_id][..], &["tokens", "named", name_or_id]] {
        match connection.get(path, &[]).await {
            Err(fault) if fault.is_missing() => {}
            object => return Ok(Some(object?)),
        }
    }
    Ok(None)
}

pub(super) fn none(name_or_id: &str) -> Failure {
    CommandError(format!(
        "you have no token with the name or id \"{}\"; `zonemint tokens list` shows all",
        plain(name_or_id)
    ))
    .into()
}
