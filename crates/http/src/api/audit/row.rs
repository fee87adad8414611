//! An audit row as JSON.

use crate::api::prelude::*;
use zonemint_service::audit::line;
use zonemint_store::{AuditEntry, AuditRow};

/// What a row's note says of the request that it is of; null where it says nothing.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RequestOfRow {
    /// How the request signed in: `password`, `token` or `reset_link`.
    pub(crate) way: Option<String>,
    /// Its id.
    pub(crate) request: Option<String>,
    /// The network that it came from: a /24 of IPv4, or a /56 of IPv6.
    pub(crate) network: Option<String>,
}

impl RequestOfRow {
    /// Reads a row's note.
    pub(crate) fn noted(row: &AuditRow) -> Self {
        let noted = |key| row.noted(key).map(str::to_owned);
        Self { way: noted(AuditEntry::WAY), request: noted(AuditEntry::REQUEST), network: noted(AuditEntry::NETWORK) }
    }
}

/// The parent of the token that a row is about: its id, or `temporary:ACCOUNT:GENERATION`.
pub(crate) fn minted_by(row: &AuditRow) -> Option<&str> {
    row.noted(AuditEntry::MINTED_BY)
}

/// A row as `zonemint audit export` writes it, with keys for parts of its note.
pub(super) fn object(row: &AuditRow, previous: Option<&[u8; 32]>) -> Result<Value> {
    let mut object =
        serde_json::to_value(line::object(row, previous)).map_err(|error| ApiError::Internal(error.to_string()))?;
    let RequestOfRow { way, request, network } = RequestOfRow::noted(row);
    let minted_by = minted_by(row).map(str::to_owned);
    for (key, value) in [("mintedBy", minted_by), ("way", way), ("request", request), ("network", network)] {
        if let Some(value) = value {
            object[key] = value.into();
        }
    }
    Ok(object)
}
