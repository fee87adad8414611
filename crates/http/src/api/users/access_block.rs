//! `PATCH /users/{id}/access_block`: neither password nor tokens of a user work, until that is taken back.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::named;
use crate::body::Body;
use crate::error::{ApiError, DataError};
use crate::extract::{Authorized, InPath, Options};
use crate::kind::boolean;
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_store::UserChange;

operation! {
    UpdateAccessBlock: patch "/users/{id}/access_block" access_block
        = Update "user" Path "access_block" Private needs UsersUpdate
}

pub(crate) fn document() -> Document {
    Document::by::<UpdateAccessBlock>("Block or unblock a user")
        .about("The password and all tokens of a blocked user are refused.")
        .body(json!({"blocked": true}), read)
        .says(StatusCode::NO_CONTENT, "The user is blocked or unblocked.")
}

pub(crate) async fn access_block(
    State(services): State<SharedServices>,
    caller: Authorized<UpdateAccessBlock>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let user = named(&services, &id).await?;
    let blocked = read(&mut Body::new(&options))?;
    let change = if blocked { UserChange::Block } else { UserChange::Unblock };
    // A user who is in that state already stays in it.
    let _ = services.accounts.change(user.id, change, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: &mut Body<'_>) -> Result<bool, DataError> {
    body.required("blocked", boolean())
}
