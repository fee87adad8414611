//! `GET /healthz`: shows that the process runs.

use super::Health;
use crate::api::prelude::*;

operation! { get "/healthz" alive }

const ALIVE: Health = Health { status: "ok", detail: None };

pub(crate) fn document() -> Document {
    Document::fixed("Check whether the process runs").about("Answers as long as the server answers anything.").answers(
        StatusCode::OK,
        "The process runs.",
        &ALIVE,
    )
}

pub(crate) async fn alive() -> Result<Response> {
    answer::json(&ALIVE)
}
