//! `GET /healthz`: the process lives.

use axum::http::StatusCode;
use axum::response::Response;

use super::Health;
use crate::answer;
use crate::error::ApiError;
use crate::openapi::Document;

operation! { get "/healthz" alive }

const ALIVE: Health = Health { status: "ok", detail: None };

pub(crate) fn document() -> Document {
    Document::fixed("Does the process live?").about("Answers as long as anything answers.").answers(
        StatusCode::OK,
        "It lives.",
        &ALIVE,
    )
}

pub(crate) async fn alive() -> Result<Response, ApiError> {
    answer::json(&ALIVE)
}
