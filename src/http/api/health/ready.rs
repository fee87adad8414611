//! `GET /readyz`: the server can serve, because its store answers and a mint would be stored.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Health;
use crate::clock;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::openapi::Document;
use crate::http::state::SharedServices;
use crate::store::{DatabaseClock, Proven, Severity};

/// How long the store may take to answer. Whoever looks after servers does not wait for long.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How long it is waited for a transaction that shows that the store can be written. One that takes longer is told of, and is
/// no reason yet to send requests elsewhere: a mint is waited for longer, too.
const PROOF: Duration = Duration::from_millis(500);

/// A commit that takes longer is told of: a disk or a standby may be away.
const STALLED: Duration = Duration::from_secs(2);

const READY: Health = Health { status: "ready", detail: None };

pub(in crate::http) fn document() -> Document {
    Document::open("Can it serve?")
        .about(
            "503 when the store does not answer within a second, a mint would not be stored (the database only reads, the disk \
             is full, or no transaction ended within the time that a mint has), the store's changes could not be followed for too \
             long, or the clock is further from the database's than `store.max_clock_skew`. `detail` tells since when nothing \
             could be stored, when the store was last found to have lost writes, how far the clock is off, and that the system's \
             clock is not believed.",
        )
        .answers(StatusCode::OK, "It can.", &READY)
}

pub(in crate::http) async fn ready(State(services): State<SharedServices>) -> Result<Response, ApiError> {
    // First what is known without asking: a store that is silent keeps who asks it waiting.
    if !services.freshness.holds() {
        return Err(ApiError::Unavailable("the change feed is not being followed".to_owned()));
    }
    let skew = services.store.database_clock().and_then(DatabaseClock::skew);
    if let Some(skew) = skew.filter(|skew| skew.severity == Severity::Refused) {
        return Err(ApiError::ClockSkew(skew));
    }
    let (answered, proven) = tokio::join!(
        tokio::time::timeout(TIMEOUT, services.store.feed_end()),
        services.write_proof.look(&services.store, PROOF),
    );
    answered.map_err(|_| ApiError::Unavailable("the store does not answer".to_owned()))??;
    if let Proven::No(reason) = proven {
        return Err(reason.into());
    }
    let stalled = services.store.stalled().filter(|stalled| *stalled >= STALLED).map(|stalled| {
        let since = services.clock.now_s().saturating_sub(stalled.as_secs());
        format!("since {} nothing could be stored", clock::rfc3339(since))
    });
    let skew = skew.filter(|skew| skew.severity == Severity::Noticed).map(|skew| skew.to_string());
    let distrust = services.clock.distrust().map(|distrust| distrust.to_string());
    let details: Vec<_> = stalled.into_iter().chain(services.freshness.losses()).chain(skew).chain(distrust).collect();
    let detail = (!details.is_empty()).then(|| details.join("; "));
    answer::json(&Health { detail, ..READY })
}
