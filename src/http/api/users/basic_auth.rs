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
const KEYS: &[&str] = &["basicAuthEnabled", "mustChangePassword", "newPassword"];

pub(in crate::http) fn document() -> Document {
    Document::by::<UpdateBasicAuth>("Whether a user may sign in with a password, and which")
        .about(
            "With `mustChangePassword` the password is good for nothing but `PATCH /user/password`, until that has set another one. \
             Tokens go on working.",
        )
        .body(
            Keys::new()
                .optional("basicAuthEnabled", value::boolean)
                .optional("mustChangePassword", value::boolean)
                .optional("newPassword", value::password)
                .at_least_one_of(KEYS),
            json!({"basicAuthEnabled": true, "newPassword": "a long one with spaces", "mustChangePassword": true}),
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
    let must_change = body.optional("mustChangePassword", boolean)?;
    let password = body.optional("newPassword", password)?;
    body.at_least_one_of(KEYS)?;
    let is_switched = enabled.filter(|enabled| *enabled != user.basic_auth);
    let is_marked = must_change.filter(|must| *must != user.must_change);
    // A password may have been ended, or have to be changed, because somebody knows it.
    if password.is_some() || is_switched == Some(true) || is_marked == Some(false) {
        caller.must_not_be_narrowed(NARROWED)?;
        caller.must_not_rise(&user)?;
    }
    if let Some(password) = password {
        if !enabled.unwrap_or(user.basic_auth) {
            return Err(ApiError::CannotSetPassword);
        }
        let _ = services.accounts.give_password(user.id, password, must_change, caller.actor()).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    // In between nobody signs in who is to change the password, and who ends the own sign-in has marked nothing before.
    let (mark, switch) = (is_marked.map(UserChange::MustChangePassword), is_switched.map(UserChange::BasicAuth));
    let in_order = if is_switched == Some(false) { [switch, mark] } else { [mark, switch] };
    for change in in_order.into_iter().flatten() {
        let _ = services.change_user(user.id, change, caller.actor()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
