//! `GET /tokens/named/{id}`: a token, with its text.

use axum::extract::State;
use axum::response::Response;

use super::object::TokenObject;
use super::visible::visible;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::rule::ShowNamedToken;
use crate::http::state::SharedServices;

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    caller: By<ShowNamedToken>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    answer::json(&TokenObject::new(&token, &services)?)
}
