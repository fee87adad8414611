//! `POST /users`: creates a user.

use crate::api::prelude::*;
use crate::kind::{NAMES, full_name, password, user_name};
use zonemint_base::model::{FullName, NameRule, Privileges};
use zonemint_service::user::NewUser;

operation! { CreateUser: post "/users" create = Create "user" Null "instance" Private needs UsersCreate }

pub(crate) fn document() -> Document {
    Document::by::<CreateUser>("Create a user")
        .about("A user without a password cannot sign in. A user with a password needs a user name.")
        .about(NAMES)
        .about("Without a full name, the user name takes its place.")
        .about("`X-Warning` names groups of `forward_auth.groups` that list the user name: the new user is a member of them.")
        .body(
            json!({"username": "alice", "password": "a long one with spaces", "fullName": "Alice Doe"}),
            |body| read(body, NameRule::Onezone),
        )
        .says(StatusCode::CREATED, "Created.")
        .header("Location")
        .header("X-Warning")
        .fails([
            DataError::MissingRequiredValue { key: "username" },
            DataError::BadValueIdentifierOccupied { key: "username" },
        ])
}

pub(crate) async fn create(
    services: Shared,
    caller: Authorized<CreateUser>,
    base: Base,
    Options(options): Options,
) -> Result<Response> {
    let new = read(&mut Body::new(&options), services.accounts.name_rule())?;
    let user = services.accounts.add(new, &caller).await?;
    let made = base.locate(StatusCode::CREATED.into_response(), &format!("/users/{}", user.id));
    let ignore_case = services.accounts.ignores_case();
    let warning = user.name.as_ref().and_then(|name| services.gate.warning(name, ignore_case));
    Ok(answer::warn(made, warning.as_deref()))
}

fn read(body: &mut Body<'_>, rule: NameRule) -> Result<NewUser, DataError> {
    // A password is of no use without a name to sign in with.
    let (name, password, full_name) = if body.depends_on("password") {
        let password = body.required("password", password())?;
        let name = body.required("username", user_name(rule))?;
        (Some(name), Some(password), body.optional("fullName", full_name())?)
    } else {
        let full_name = body.optional("fullName", full_name())?;
        let password = body.optional("password", password())?;
        (body.optional("username", user_name(rule))?, password, full_name)
    };
    let full_name = full_name.unwrap_or_else(|| name.as_ref().map_or_else(FullName::unnamed, FullName::after));
    Ok(NewUser { name, full_name, password, privileges: Privileges::NONE })
}
