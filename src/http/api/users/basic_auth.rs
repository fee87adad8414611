//! `PATCH /users/{id}/basic_auth`: whether a user may sign in with a password, and which.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::named;
use crate::http::body::{Body, boolean, password};
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::UpdateBasicAuth;
use crate::http::state::SharedServices;
use crate::store::UserChange;

/// Whoever knows a password is bound by no token's limits.
const NARROWED: &str = "your own token is narrowed, and a password is not";

pub(in crate::http) fn document() -> Document {
    Document::by::<UpdateBasicAuth>("Whether a user may sign in with a password, and which")
        .body(
            Keys::new()
                .optional("basicAuthEnabled", value::boolean)
                .optional("newPassword", value::password)
                .at_least_one_of(&["basicAuthEnabled", "newPassword"]),
            json!({"basicAuthEnabled": true, "newPassword": "a long one with spaces"}),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([ApiError::CannotSetPassword, ApiError::Forbidden { hint: Some(NARROWED) }])
}

pub(in crate::http) async fn basic_auth(
    State(services): State<SharedServices>,
    caller: By<UpdateBasicAuth>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let user = named(&services, &id).await?;
    let mut body = Body::new(&options);
    let enabled = body.optional("basicAuthEnabled", boolean)?;
    let password = body.optional("newPassword", password)?;
    body.at_least_one_of(&["basicAuthEnabled", "newPassword"])?;
    if let Some(password) = password {
        caller.must_not_be_narrowed(NARROWED)?;
        caller.must_not_rise(&user)?;
        if !enabled.unwrap_or(user.basic_auth) {
            return Err(ApiError::CannotSetPassword);
        }
        let _ = services.accounts.set_password(user.id, password, caller.actor()).await?;
    } else if let Some(enabled) = enabled.filter(|enabled| *enabled != user.basic_auth) {
        if enabled {
            // The password of an account may have been ended because somebody knows it.
            caller.must_not_be_narrowed(NARROWED)?;
            caller.must_not_rise(&user)?;
        }
        let _ = services.change_user(user.id, UserChange::BasicAuth(enabled), caller.actor()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
