//! `GET …/tokens/temporary`: which generation of temporary tokens is good now.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::On;
use crate::http::rule::ShowGeneration;
use crate::http::state::SharedServices;

pub(in crate::http) async fn show_generation(
    State(services): State<SharedServices>,
    on: On<ShowGeneration>,
) -> Result<Response, ApiError> {
    let user = services.accounts.get(on.target.id).await?.ok_or(ApiError::NotFound)?;
    answer::json(&json!({"generation": user.generation}))
}
