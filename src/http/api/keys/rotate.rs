//! `POST /keys/rotate`: a new root key, with which tokens are made a second later; earlier ones go on verifying.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{By, Options};
use crate::http::rule::RotateKey;
use crate::http::state::SharedServices;

pub(in crate::http) async fn rotate(
    State(services): State<SharedServices>,
    caller: By<RotateKey>,
    Options(_): Options,
) -> Result<Response, ApiError> {
    let id = services.tokens.rotate_key(caller.actor()).await?;
    answer::json_with(StatusCode::CREATED, &json!({"id": id.to_string()}))
}
