//! `GET /readyz`: the server can serve, because its store answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Health;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::openapi::Document;
use crate::http::state::SharedServices;

const READY: Health = Health { status: "ready" };

pub(in crate::http) fn document() -> Document {
    Document::open("Can it serve?")
        .about("503 when the store does not answer, or its changes could not be followed for too long.")
        .answers(StatusCode::OK, "It can.", &READY)
}

pub(in crate::http) async fn ready(State(services): State<SharedServices>) -> Result<Response, ApiError> {
    // First what is known without asking: a store that is silent keeps who asks it waiting.
    if !services.freshness.holds() {
        return Err(ApiError::Unavailable("the change feed is not being followed".to_owned()));
    }
    services.store.feed_end().await?;
    answer::json(&READY)
}
