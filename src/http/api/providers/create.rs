//! `POST /providers`: a new service. Its tokens are made at `/providers/{id}/tokens`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::http::answer::{self, Base};
use crate::http::api::users::EXAMPLE_ID;
use crate::http::body::{Body, full_name};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{Authorized, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::CreateProvider;
use crate::http::state::SharedServices;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeService)]
struct CreatedBody {
    provider_id: String,
}

pub(in crate::http) fn document() -> Document {
    Document::by::<CreateProvider>("Make a service")
        .about("Its tokens are made at `/providers/{id}/tokens`.")
        .body(Keys::new().required("name", value::full_name), json!({"name": "data store"}))
        .answers(StatusCode::CREATED, "Made.", &CreatedBody { provider_id: EXAMPLE_ID.to_owned() })
        .located()
        .fails([DataError::BadValueIdentifierOccupied { key: "name" }])
}

pub(in crate::http) async fn create(
    State(services): State<SharedServices>,
    caller: Authorized<CreateProvider>,
    base: Base,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let name = Body::new(&options).required("name", full_name)?;
    // Two that are called the same could not be told apart by name. Of two requests at the same moment both may succeed.
    if !services.accounts.services(|service| service.full_name == name).await?.is_empty() {
        return Err(DataError::BadValueIdentifierOccupied { key: "name" }.into());
    }
    let service = services.accounts.add_service(name, &caller).await?;
    let answer = answer::json_with(StatusCode::CREATED, &CreatedBody { provider_id: service.id.to_string() })?;
    Ok(base.locate(answer, &format!("/providers/{}", service.id)))
}
