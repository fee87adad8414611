//! `PATCH /providers/{id}/access_block`: no token of a service works, until that is taken back.

use axum::extract::State;
use axum::http::StatusCode;

use super::named;
use crate::body::Body;
use crate::error::{ApiError, DataError};
use crate::extract::{Authorized, InPath, Options};
use crate::kind::boolean;
use crate::openapi::Document;
use crate::state::SharedServices;
use serde_json::json;
use zonemint_store::UserChange;

operation! {
    BlockProvider: patch "/providers/{id}/access_block" access_block
        = Update "provider" Path "access_block" Private needs ProvidersUpdate
}

pub(crate) fn document() -> Document {
    Document::by::<BlockProvider>("Block or unblock a service")
        .about("All tokens of a blocked service are refused.")
        .body(json!({"blocked": true}), read)
        .says(StatusCode::NO_CONTENT, "The service is blocked or unblocked.")
}

pub(crate) async fn access_block(
    State(services): State<SharedServices>,
    caller: Authorized<BlockProvider>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let service = named(&services, &id).await?;
    let blocked = read(&mut Body::new(&options))?;
    let change = if blocked { UserChange::Block } else { UserChange::Unblock };
    // A service that is in that state already stays in it.
    let _ = services.accounts.change(service.id, change, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: &mut Body<'_>) -> Result<bool, DataError> {
    body.required("blocked", boolean())
}
