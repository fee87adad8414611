//! `GET /tokens/named/{id}/status`: whether a token is revoked.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::object::OWN_OR_MANAGED;
use crate::caller::Denied;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::{Rule as _, ShowTokenStatus};
use crate::http::state::SharedServices;

#[derive(Serialize, ToSchema)]
#[schema(as = TokenStatus)]
struct Status {
    revoked: bool,
}

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowTokenStatus>("Whether a token is revoked")
        .about(OWN_OR_MANAGED)
        .answers(StatusCode::OK, "Whether it is.", &Status { revoked: false })
        .fails([Denied::Narrower])
}

pub(in crate::http) async fn status(
    State(services): State<SharedServices>,
    caller: Authorized<ShowTokenStatus>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, ShowTokenStatus::GAINS, &caller).await?;
    answer::json(&Status { revoked: services.tokens.is_revoked(&token) })
}
