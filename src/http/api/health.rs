//! `GET /healthz`: the process lives. `GET /readyz`: it can serve, because its store answers.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::error::ApiError;
use crate::http::state::SharedServices;

/// Answers as long as anything answers.
pub(in crate::http) async fn alive() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], r#"{"status":"ok"}"#)
}

/// Answers 503 when the store does not answer, or its changes could not be followed for too long.
pub(in crate::http) async fn ready(State(services): State<SharedServices>) -> Result<impl IntoResponse, ApiError> {
    // First what is known without asking: a store that is silent keeps who asks it waiting.
    if !services.freshness.holds() {
        return Err(ApiError::Unavailable("the change feed is not being followed".to_owned()));
    }
    services.store.feed_end().await?;
    Ok(([(CONTENT_TYPE, "application/json")], r#"{"status":"ready"}"#))
}
