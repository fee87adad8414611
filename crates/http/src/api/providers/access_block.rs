//! `PATCH /providers/{id}/access_block`: no token of a service works, until that is taken back.

use axum::extract::State;
use axum::http::StatusCode;

use super::named;
use crate::body::{Body, boolean};
use crate::error::ApiError;
use crate::extract::{Authorized, InPath, Options};
use crate::openapi::{Document, Keys, value};
use crate::rule::BlockProvider;
use crate::state::SharedServices;
use serde_json::json;
use zonemint_store::UserChange;

pub(crate) fn document() -> Document {
    Document::by::<BlockProvider>("Block a service, or take that back")
        .about("No token of a blocked service works.")
        .body(Keys::new().required("blocked", value::boolean), json!({"blocked": true}))
        .says(StatusCode::NO_CONTENT, "So it is now.")
}

pub(crate) async fn access_block(
    State(services): State<SharedServices>,
    caller: Authorized<BlockProvider>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let service = named(&services, &id).await?;
    let blocked = Body::new(&options).required("blocked", boolean)?;
    let change = if blocked { UserChange::Block } else { UserChange::Unblock };
    // A service that is in that state already stays in it.
    let _ = services.accounts.change(service.id, change, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
