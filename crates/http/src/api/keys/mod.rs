//! `/keys`: root keys, for administrators. No operation shows or decrypts a key; only the operator can seal them again.

pub(crate) mod activate;
pub(crate) mod list;
pub(crate) mod retire;
pub(crate) mod rotate;

use crate::error::{ApiError, DataError};
use crate::state::Services;
use zonemint_base::model::KeyId;
use zonemint_service::token::RootKeyRow;

/// Finds a root key.
async fn find(services: &Services, id: KeyId) -> Result<RootKeyRow, ApiError> {
    let keys = services.tokens.root_keys().await?;
    keys.into_iter().find(|row| row.key.id == id).ok_or(ApiError::NotFound)
}

/// The error for a root key whose state does not allow the change.
fn refused(hint: &str) -> ApiError {
    DataError::bad("id", hint).into()
}

/// A root key's id in the document.
const EXAMPLE_KEY: &str = "5f0c1d2e3a4b5c6d";
