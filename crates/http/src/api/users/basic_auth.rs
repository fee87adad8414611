//! `PATCH /users/{id}/basic_auth`: whether a user may sign in with a password, and which.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::named;
use crate::body::Body;
use crate::error::{ApiError, DataError};
use crate::extract::{Authorized, InPath, Options};
use crate::kind::{boolean, password};
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_service::caller::{Denied, Unlimited};
use zonemint_service::user::SignInChange;

operation! {
    UpdateBasicAuth: patch "/users/{id}/basic_auth" basic_auth
        = Update "user" Path "basic_auth" Private needs UsersManagePasswords, gains Rights
}

pub(crate) fn document() -> Document {
    Document::by::<UpdateBasicAuth>("Enable or disable a user's sign-in with a password, or set the password")
        .about(
            "With `mustChangePassword`, the password is accepted only by `PATCH /user/password`, until that has set another one. \
             Tokens still work.",
        )
        .body(
            json!({"basicAuthEnabled": true, "newPassword": "a long one with spaces", "mustChangePassword": true}),
            read,
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
    services.accounts.change_sign_in(&user, read(&mut Body::new(&options))?, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: &mut Body<'_>) -> Result<SignInChange, DataError> {
    let change = SignInChange {
        enabled: body.optional("basicAuthEnabled", boolean())?,
        must_change: body.optional("mustChangePassword", boolean())?,
        password: body.optional("newPassword", password())?,
    };
    body.at_least_one_of(&["basicAuthEnabled", "mustChangePassword", "newPassword"])?;
    Ok(change)
}
