//! `GET /provider/public/get_current_time`: shows the time by which tokens expire.

use crate::api::prelude::*;

operation! {
    ShowTime: get "/provider/public/get_current_time" current_time = Get "provider" Null "current_time" Private
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CurrentTime {
    /// Milliseconds since the Unix epoch.
    time_millis: u64,
}

pub(crate) fn document() -> Document {
    Document::anyone::<ShowTime>("Show the server's current time").answers(
        StatusCode::OK,
        "The current time.",
        &CurrentTime { time_millis: 1_800_000_000_000 },
    )
}

pub(crate) async fn current_time(services: Shared, anyone: Anyone) -> Result<Response> {
    anyone.allows(&general::<ShowTime>())?;
    answer::json(&CurrentTime { time_millis: services.clock.latest_ms() })
}
