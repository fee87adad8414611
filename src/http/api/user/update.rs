//! `PATCH /user`: the caller's own names.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::http::body::{Body, full_name, user_name};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{By, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::UpdateSelf;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    Document::by::<UpdateSelf>("Change the own names")
        .body(
            Keys::new()
                .optional("fullName", value::full_name)
                .optional("username", value::user_name)
                .at_least_one_of(&["fullName", "username"]),
            json!({"fullName": "Alice Doe"}),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([DataError::BadValueIdentifierOccupied { key: "username" }])
}

pub(in crate::http) async fn update(
    State(services): State<SharedServices>,
    caller: By<UpdateSelf>,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let mut body = Body::new(&options);
    let full_name = body.optional("fullName", full_name)?;
    let name = body.optional("username", user_name)?;
    body.at_least_one_of(&["fullName", "username"])?;
    match services.change_user(caller.user.id, UserChange::Names { name, full_name }, caller.actor()).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound => Err(ApiError::NotFound),
        Changed::NameTaken => Err(DataError::BadValueIdentifierOccupied { key: "username" }.into()),
    }
}
