//! `GET /users/{id}/privileges`: what a user may do to others.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::named;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::ShowPrivileges;
use crate::http::state::SharedServices;
use crate::model::Privilege;

/// What a user may do to others.
#[derive(Serialize, ToSchema)]
#[schema(as = Privileges)]
struct Shown {
    privileges: Vec<&'static str>,
}

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowPrivileges>("The privileges of a user").answers(
        StatusCode::OK,
        "Their names.",
        &Shown { privileges: vec![Privilege::UsersList.name()] },
    )
}

pub(in crate::http) async fn privileges(
    State(services): State<SharedServices>,
    _caller: Authorized<ShowPrivileges>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let user = named(&services, &id).await?;
    answer::json(&Shown { privileges: user.privileges.iter().map(Privilege::name).collect() })
}
