//! `GET /tokens/named/{id}/status`: whether a token is revoked.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::object::OWN_OR_MANAGED;
use crate::answer;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::operation::Rule as _;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;

operation! { ShowTokenStatus: get "/tokens/named/{id}/status" status = Get "token" Path "instance" Shared }

#[derive(Serialize, ToSchema)]
#[schema(as = TokenStatus)]
struct Status {
    revoked: bool,
}

pub(crate) fn document() -> Document {
    Document::by::<ShowTokenStatus>("Show whether a token is revoked")
        .about(OWN_OR_MANAGED)
        .answers(StatusCode::OK, "Whether the token is revoked.", &Status { revoked: false })
        .fails([Denied::Narrower])
}

pub(crate) async fn status(
    State(services): State<SharedServices>,
    caller: Authorized<ShowTokenStatus>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, ShowTokenStatus::GAINS, &caller).await?;
    answer::json(&Status { revoked: services.tokens.is_revoked(&token) })
}
