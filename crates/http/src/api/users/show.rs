//! `GET /users/{id}`: a user.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{UserObject, named};
use crate::answer;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::state::SharedServices;

operation! { ShowUser: get "/users/{id}" show = Get "user" Path "instance" Protected needs UsersView, also by SERVICES }

pub(crate) fn document() -> Document {
    Document::by::<ShowUser>("Show a user").answers(StatusCode::OK, "The user.", &UserObject::example())
}

pub(crate) async fn show(
    State(services): State<SharedServices>,
    _caller: Authorized<ShowUser>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    answer::json(&UserObject::new(&named(&services, &id).await?))
}
