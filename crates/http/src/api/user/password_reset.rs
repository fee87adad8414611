//! `POST /password_reset`: sets a password with a reset link.

#![expect(single_use_lifetimes, reason = "the derived schema names a type's lifetime once")]

use crate::api::prelude::*;
use crate::kind::{password, text};
use zonemint_service::user::{LoginError, Password};

operation! { ResetPassword: post "/password_reset" password_reset = Create "user" Null "password_reset" Public }

/// One text for every error of a link, so that it does not reveal which links exist.
const NO_LINK: &str = "the link is wrong, was used, or is over; ask an administrator for a new one";

/// Whose password was set.
#[derive(Serialize, ToSchema)]
struct PasswordReset<'a> {
    username: &'a str,
}

pub(crate) fn document() -> Document {
    Document::anyone::<ResetPassword>("Set a password with a reset link")
        .about("A link works once and expires after an hour. A new password, a block, a newer link or changed privileges end it.")
        .about("Attempts are limited by address, like attempts to sign in.")
        .body(
            json!({"newPassword": "a long one with spaces", "secret": "IvRO7sp7yOvxhB0rVgzTf9nB1p9SeVqXPd8W8EnNyhU"}),
            |body| read(body).map(drop),
        )
        .answers(StatusCode::OK, "The password is set. The user signs in with this name.", &PasswordReset { username: "alice" })
        .fails([ApiError::Forbidden { hint: Some(NO_LINK) }])
}

pub(crate) async fn password_reset(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<ResetPassword>())?;
    let (password, secret) = read(&mut Body::new(&options))?;
    match services.accounts.set_password_by_link(secret, password, anyone.source).await {
        Ok(name) => answer::json(&PasswordReset { username: name.as_str() }),
        Err(LoginError::Refused) => Err(ApiError::Forbidden { hint: Some(NO_LINK) }),
        Err(error) => Err(error.into()),
    }
}

fn read<'a>(body: &mut Body<'a>) -> Result<(Password, &'a str), DataError> {
    Ok((body.required("newPassword", password())?, body.required("secret", text())?))
}
