//! `GET /tokens/named/{id}/status`: whether a token is revoked.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::visible::visible;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::rule::ShowTokenStatus;
use crate::http::state::SharedServices;

pub(in crate::http) async fn status(
    State(services): State<SharedServices>,
    caller: By<ShowTokenStatus>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    answer::json(&json!({"revoked": services.tokens.is_revoked(&token)}))
}
