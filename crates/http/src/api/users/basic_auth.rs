//! `PATCH /users/{id}/basic_auth`: whether a user may sign in with a password, and which.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::named;
use crate::body::{Body, boolean, password};
use crate::error::ApiError;
use crate::extract::{Authorized, InPath, Options};
use crate::openapi::{Document, Keys, value};
use crate::rule::UpdateBasicAuth;
use crate::state::SharedServices;
use zonemint_service::caller::{Denied, Unlimited};
use zonemint_service::user::SignInChange;

const KEYS: &[&str] = &["basicAuthEnabled", "mustChangePassword", "newPassword"];

pub(crate) fn document() -> Document {
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
        .fails([ApiError::CannotSetPassword, Denied::Confined(Unlimited::Password).into()])
}

pub(crate) async fn basic_auth(
    State(services): State<SharedServices>,
    caller: Authorized<UpdateBasicAuth>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let user = named(&services, &id).await?;
    let mut body = Body::new(&options);
    let enabled = body.optional("basicAuthEnabled", boolean)?;
    let must_change = body.optional("mustChangePassword", boolean)?;
    let password = body.optional("newPassword", password)?;
    body.at_least_one_of(KEYS)?;
    services.accounts.change_sign_in(&user, SignInChange { enabled, must_change, password }, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
