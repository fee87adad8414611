//! `PATCH /user/password`: changes the caller's own password, with the old one.

use crate::api::prelude::*;
use crate::kind::{nullable, password as new_password, text};
use zonemint_service::user::{Password, PasswordField};

operation! {
    UpdatePassword: patch "/user/password" password = Update "user" Caller "password" Private, with any password
}

const SAME: &str = "the password must be changed, and this is the old one";
const NAMELESS: &str = "a password is of no use without a user name; choose one first";

pub(crate) fn document() -> Document {
    Document::by::<UpdatePassword>("Change the caller's own password")
        .about("Needs the old password; an account that has none yet sends null.")
        .about("A password that must be changed (`mustChangePassword`) is accepted only here, and the new one must differ.")
        .body(
            json!({"newPassword": "a long one with spaces", "oldPassword": "what it was before"}),
            |body| read(body).map(drop),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([
            ApiError::BasicAuthDisabled,
            ApiError::BadCredentials,
            Denied::Confined(Unlimited::Password).into(),
            DataError::bad("newPassword", NAMELESS).into(),
            DataError::bad("newPassword", SAME).into(),
            ApiError::NotFound,
        ])
}

pub(crate) async fn password(
    services: Shared,
    caller: Authorized<UpdatePassword>,
    Options(options): Options,
) -> Result<StatusCode> {
    let (new, old) = read(&mut Body::new(&options))?;
    let user = services.accounts.get(caller.user.id).await?.ok_or(ApiError::NotFound)?;
    if !user.basic_auth {
        return Err(ApiError::BasicAuthDisabled);
    }
    let known = match (old, &user.password) {
        (Some(old), _) => {
            let old = PasswordField::read(old).password().ok_or(ApiError::BadCredentials)?;
            let known = services.accounts.confirm(&user, old, caller.source).await?;
            if user.must_change && Password::presented(old).is_some_and(|old| old.expose() == new.expose()) {
                return Err(DataError::bad("newPassword", SAME).into());
            }
            Some(known)
        }
        (None, None) => {
            caller.must_not_be_narrowed(Unlimited::Password)?;
            None
        }
        (None, Some(_)) => return Err(ApiError::BadCredentials),
    };
    if user.name.is_none() {
        return Err(DataError::bad("newPassword", NAMELESS).into());
    }
    answer::changed(services.accounts.set_own_password(&user, new, known, &caller).await?, ApiError::NotFound)
}

fn read<'a>(body: &mut Body<'a>) -> Result<(Password, Option<&'a str>), DataError> {
    Ok((body.required("newPassword", new_password())?, body.required("oldPassword", nullable(text()))?))
}
