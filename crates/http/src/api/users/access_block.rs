//! `PATCH /users/{id}/access_block`: neither password nor tokens of a user work, until that is taken back.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::named;
use crate::body::{Body, boolean};
use crate::error::ApiError;
use crate::extract::{Authorized, InPath, Options};
use crate::openapi::{Document, Keys, value};
use crate::rule::UpdateAccessBlock;
use crate::state::SharedServices;
use zonemint_store::UserChange;

pub(crate) fn document() -> Document {
    Document::by::<UpdateAccessBlock>("Block a user, or take that back")
        .about("Neither password nor tokens of a blocked user work.")
        .body(Keys::new().required("blocked", value::boolean), json!({"blocked": true}))
        .says(StatusCode::NO_CONTENT, "So it is now.")
}

pub(crate) async fn access_block(
    State(services): State<SharedServices>,
    caller: Authorized<UpdateAccessBlock>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let user = named(&services, &id).await?;
    let blocked = Body::new(&options).required("blocked", boolean)?;
    let change = if blocked { UserChange::Block } else { UserChange::Unblock };
    // A user who is in that state already stays in it.
    let _ = services.accounts.change(user.id, change, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
