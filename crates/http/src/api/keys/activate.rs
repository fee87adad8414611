//! `POST /keys/{id}/activate`: makes tokens with a root key that is there, instead of the active one.

use axum::extract::State;
use axum::http::StatusCode;

use super::find;
use crate::error::{ApiError, DataError};
use crate::extract::{Authorized, InPath, Options};
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_service::token::KeyState;
use zonemint_store::Changed;

operation! {
    ActivateKey: post "/keys/{id}/activate" activate = Update "key" Path "activation" Private needs KeysManage
}

const RETIRED: &str = "it is retired, and its tokens are refused permanently; choose another key, or rotate";

pub(crate) fn document() -> Document {
    Document::by::<ActivateKey>("Activate a root key")
        .about(
            "Every node mints tokens with it at most a second later. The previously active key still verifies tokens.",
        )
        .no_keys()
        .says(StatusCode::NO_CONTENT, "The key is active.")
        .fails([refused()])
}

pub(crate) async fn activate(
    State(services): State<SharedServices>,
    caller: Authorized<ActivateKey>,
    InPath(id): InPath,
    Options(_): Options,
) -> Result<StatusCode, ApiError> {
    let row = find(&services, &id).await?;
    if row.state == KeyState::Retired {
        return Err(refused());
    }
    match services.tokens.activate_key(row.key.id, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        // It was retired meanwhile.
        Changed::NotFound | Changed::NameTaken => Err(refused()),
    }
}

fn refused() -> ApiError {
    DataError::BadData { key: "id", hint: Some(RETIRED.to_owned()) }.into()
}
