//! `GET /users/{id}`: a user.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{UserObject, named};
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::By;
use crate::http::rule::ShowUser;
use crate::http::state::SharedServices;

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    _caller: By<ShowUser>,
    id: Option<Path<String>>,
) -> Result<Response, ApiError> {
    let Path(id) = id.ok_or(ApiError::NotFound)?;
    answer::json(&UserObject::new(&named(&services, &id).await?))
}
