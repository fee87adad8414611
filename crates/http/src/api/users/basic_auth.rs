//! `PATCH /users/{id}/basic_auth`: enables or disables a user's sign-in with a password, and sets the password.

use crate::api::account::named;
use crate::api::prelude::*;
use crate::kind::{boolean, password};
use crate::path_parameter::USER;
use zonemint_service::user::SignInChange;

operation! {
    UpdateBasicAuth: patch "/users/{id}/basic_auth" basic_auth
        = Update "user" Path "basic_auth" Private needs UsersManagePasswords, gains Rights
}

pub(crate) fn document() -> Document {
    Document::by::<UpdateBasicAuth>("Enable or disable a user's sign-in with a password, or set the password")
        .in_path(&USER)
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
    services: Shared,
    caller: Authorized<UpdateBasicAuth>,
    path: InPath,
    Options(options): Options,
) -> Result<StatusCode> {
    let user = named(&services, path.read(&USER)?).await?;
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
