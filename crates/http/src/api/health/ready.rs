//! `GET /readyz`: shows whether the server can serve: its store answers, and a mint would be stored.

use super::Health;
use crate::api::prelude::*;
use zonemint_base::clock;
use zonemint_store::Ready;

operation! { get "/readyz" ready }

const READY: Health = Health { status: "ready", detail: None };

pub(crate) fn document() -> Document {
    Document::new("Check whether the server can serve requests", Who::Nobody)
        .about(
            "Returns 503 if the store does not answer within a second, or if a mint would not be stored: the database is read-only, \
             the disk is full, or no transaction ended within the time limit of a mint. Also returns 503 if the server could not \
             follow the store's changes for too long, or if its clock differs from the database's by more than \
             `store.max_clock_skew`. `detail` shows since when nothing could be stored, when the store was last found to have \
             lost writes, how far the clock is off, and that the system's clock is not believed.",
        )
        .answers(StatusCode::OK, "The server can serve requests.", &READY)
}

pub(crate) async fn ready(services: Shared) -> Result<Response> {
    let Ready { stalled, losses, skew } = services.readiness.check().await?;
    let stalled = stalled.map(|stalled| {
        let since = services.clock.now_s().saturating_sub(stalled.as_secs());
        format!("since {} nothing could be stored", clock::rfc3339(since))
    });
    let skew = skew.map(|skew| skew.to_string());
    let distrust = services.clock.distrust().map(|distrust| distrust.to_string());
    let details: Vec<_> = stalled.into_iter().chain(losses).chain(skew).chain(distrust).collect();
    let detail = (!details.is_empty()).then(|| details.join("; "));
    answer::json(&Health { detail, ..READY })
}
