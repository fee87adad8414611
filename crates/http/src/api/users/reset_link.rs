//! `POST /users/{id}/password_reset`: creates a link with which its holder can set the user's password once.

#![expect(single_use_lifetimes, reason = "the derived schema names a type's lifetime once")]

use crate::api::account::named;
use crate::api::prelude::*;
use crate::path_parameter::USER;

operation! {
    CreateResetLink: post "/users/{id}/password_reset" reset_link
        = Create "user" Path "password_reset" Private needs UsersManagePasswords, gains Rights
}

const NO_PASSWORD: &str = "the user is blocked, or has no user name, so no password can be set";

/// The secret of a link, told once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ResetLink<'a> {
    secret: &'a str,
    /// Unix seconds.
    valid_until: u64,
}

pub(crate) fn document() -> Document {
    Document::by::<CreateResetLink>("Create a link with which the user sets a password")
        .in_path(&USER)
        .about(
            "The console's page for it is `/#/reset/<secret>`; `POST /password_reset` also takes the secret. The link works once \
             and expires after an hour. A new password, a block, a newer link or changed privileges end it. The secret is not \
             shown again.",
        )
        .about("Also for a user who has no password yet; not for one whose sign-in with a password is disabled.")
        .no_keys()
        .answers(
            StatusCode::CREATED,
            "Created.",
            &ResetLink { secret: "IvRO7sp7yOvxhB0rVgzTf9nB1p9SeVqXPd8W8EnNyhU", valid_until: 1_763_946_000 },
        )
        .fails([
            ApiError::CannotSetPassword,
            Denied::Confined(Unlimited::ResetLink).into(),
            ApiError::Forbidden { hint: Some(NO_PASSWORD) },
        ])
}

pub(crate) async fn reset_link(
    services: Shared,
    caller: Authorized<CreateResetLink>,
    path: InPath,
    Options(_): Options,
) -> Result<Response> {
    let user = named(&services, path.read(&USER)?).await?;
    let made = services.accounts.make_reset_link(&user, &caller).await?;
    let (secret, valid_until) = made.ok_or(ApiError::Forbidden { hint: Some(NO_PASSWORD) })?;
    answer::json_with(StatusCode::CREATED, &ResetLink { secret: secret.expose(), valid_until })
}
