//! `GET /provider/public/get_current_time`: what time it is, by which tokens end.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Anyone, general};
use crate::http::openapi::Document;
use crate::http::rule::ShowTime;
use crate::http::state::SharedServices;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CurrentTime {
    /// Milliseconds since the Unix epoch.
    time_millis: u64,
}

pub(in crate::http) fn document() -> Document {
    Document::anyone::<ShowTime>("What time is it?").answers(
        StatusCode::OK,
        "This late.",
        &CurrentTime { time_millis: 1_800_000_000_000 },
    )
}

pub(in crate::http) async fn current_time(
    State(services): State<SharedServices>,
    anyone: Anyone,
) -> Result<Response, ApiError> {
    anyone.allows(&general::<ShowTime>())?;
    answer::json(&CurrentTime { time_millis: services.clock.latest_ms() })
}
