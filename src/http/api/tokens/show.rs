//! `GET /tokens/named/{id}`: a token, with its text.

use axum::extract::{Path, State};
use axum::response::Response;

use super::object::TokenObject;
use super::visible::visible;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::By;
use crate::http::rule::ShowNamedToken;
use crate::http::state::SharedServices;

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    caller: By<ShowNamedToken>,
    id: Option<Path<String>>,
) -> Result<Response, ApiError> {
    let Path(id) = id.ok_or(ApiError::NotFound)?;
    let token = visible(&services, &caller, &id).await?;
    answer::json(&TokenObject::new(&token, &services)?)
}
