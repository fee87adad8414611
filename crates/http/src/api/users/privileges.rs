//! `GET /users/{id}/privileges`: what a user may do to others.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::named;
use crate::answer;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_base::model::Privilege;

operation! {
    ShowPrivileges: get "/users/{id}/privileges" privileges
        = Get "user" Path "oz_privileges" Private needs UsersView
}

/// What a user may do to others.
#[derive(Serialize, ToSchema)]
#[schema(as = Privileges)]
struct Shown {
    privileges: Vec<&'static str>,
}

pub(crate) fn document() -> Document {
    Document::by::<ShowPrivileges>("Show the privileges of a user").answers(
        StatusCode::OK,
        "The names of the privileges.",
        &Shown { privileges: vec![Privilege::UsersList.name()] },
    )
}

pub(crate) async fn privileges(
    State(services): State<SharedServices>,
    _caller: Authorized<ShowPrivileges>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let user = named(&services, &id).await?;
    answer::json(&Shown { privileges: user.privileges.iter().map(Privilege::name).collect() })
}
