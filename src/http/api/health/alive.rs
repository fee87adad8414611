//! `GET /healthz`: the process lives.

use axum::http::StatusCode;
use axum::response::Response;

use super::Health;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::openapi::Document;

const ALIVE: Health = Health { status: "ok", detail: None };

pub(in crate::http) fn document() -> Document {
    Document::fixed("Does the process live?").about("Answers as long as anything answers.").answers(
        StatusCode::OK,
        "It lives.",
        &ALIVE,
    )
}

pub(in crate::http) async fn alive() -> Result<Response, ApiError> {
    answer::json(&ALIVE)
}
