//! `GET /users/{id}`: a user.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{UserObject, named};
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::ShowUser;
use crate::http::state::SharedServices;

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowUser>("A user").answers(StatusCode::OK, "The user.", &UserObject::example())
}

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    _caller: Authorized<ShowUser>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    answer::json(&UserObject::new(&named(&services, &id).await?))
}
