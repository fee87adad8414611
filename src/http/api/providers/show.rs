//! `GET /providers/{id}`: a service.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::named;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::rule::ShowProvider;
use crate::http::state::SharedServices;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderObject<'a> {
    provider_id: String,
    name: &'a str,
    blocked: bool,
    /// Unix seconds.
    creation_time: u64,
}

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    _caller: By<ShowProvider>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let service = named(&services, &id).await?;
    answer::json(&ProviderObject {
        provider_id: service.id.to_string(),
        name: service.full_name.as_str(),
        blocked: service.blocked,
        creation_time: service.created_ms / 1000,
    })
}
