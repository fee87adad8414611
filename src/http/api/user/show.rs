//! `GET /user`: who am I?

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::answer;
use crate::http::api::users::UserObject;
use crate::http::error::ApiError;
use crate::http::extract::Authorized;
use crate::http::openapi::Document;
use crate::http::rule::ShowSelf;

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowSelf>("Who am I?").answers(StatusCode::OK, "The caller.", &UserObject::example())
}

pub(in crate::http) async fn show(caller: Authorized<ShowSelf>) -> Result<Response, ApiError> {
    answer::json(&UserObject::new(&caller.user))
}
