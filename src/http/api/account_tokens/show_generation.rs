//! `GET …/tokens/temporary`: which generation of temporary tokens is good now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::AuthorizedOn;
use crate::http::openapi::Document;
use crate::http::rule::ShowGeneration;
use crate::http::state::SharedServices;

#[derive(Serialize, ToSchema)]
#[schema(as = TokenGeneration)]
struct Generation {
    generation: u64,
}

pub(in crate::http) fn document() -> Document {
    Document::on::<ShowGeneration>("Which generation of temporary tokens is good now")
        .answers(StatusCode::OK, "The generation.", &Generation { generation: 1 })
        .fails([ApiError::NotFound])
}

pub(in crate::http) async fn show_generation(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ShowGeneration>,
) -> Result<Response, ApiError> {
    let user = services.accounts.get(on.target.id).await?.ok_or(ApiError::NotFound)?;
    answer::json(&Generation { generation: user.generation })
}
