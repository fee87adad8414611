//! `POST /keys/rotate`: a new root key, with which tokens are made a second later; earlier ones go on verifying.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::EXAMPLE_KEY;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, Options};
use crate::http::openapi::{Document, Keys};
use crate::http::rule::RotateKey;
use crate::http::state::SharedServices;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = MadeKey)]
struct CreatedBody {
    id: String,
}

pub(in crate::http) fn document() -> Document {
    Document::by::<RotateKey>("Make a new root key")
        .about("Tokens are made with it a second later, when every node knows it; earlier keys go on verifying.")
        .body(Keys::new(), json!({}))
        .answers(StatusCode::CREATED, "Made.", &CreatedBody { id: EXAMPLE_KEY.to_owned() })
}

pub(in crate::http) async fn rotate(
    State(services): State<SharedServices>,
    caller: Authorized<RotateKey>,
    Options(_): Options,
) -> Result<Response, ApiError> {
    let id = services.tokens.rotate_key(&caller).await?;
    answer::json_with(StatusCode::CREATED, &CreatedBody { id: id.to_string() })
}
