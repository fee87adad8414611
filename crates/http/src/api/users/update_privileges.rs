//! `PATCH /users/{id}/privileges`: grants privileges to a user, and revokes them.

use crate::api::account::named;
use crate::api::prelude::*;
use crate::kind::privileges;
use crate::path_parameter::USER;
use zonemint_base::model::Privilege;
use zonemint_store::UserChange;

operation! {
    UpdatePrivileges: patch "/users/{id}/privileges" update_privileges
        = Update "user" Path "oz_privileges" Private needs UsersManagePrivileges
}

const IN_BOTH: &str = "a privilege is also listed under \"grant\"";
const NO_ADMINISTRATOR: &str =
    "no administrator can sign in any more; `zonemint user grant NAME --all` on the server makes a user one";

pub(crate) fn document() -> Document {
    Document::by::<UpdatePrivileges>("Grant privileges to a user, and revoke them")
        .in_path(&USER)
        .about(
            "Only privileges that the caller has. Granting one that the user has, or revoking one that it lacks, is no error.",
        )
        .about("If no administrator is left who can sign in, `X-Warning` says so.")
        .body(json!({"grant": ["oz_users_list", "oz_users_view"], "revoke": ["oz_users_delete"]}), read)
        .says(StatusCode::NO_CONTENT, "The privileges are changed.")
        .header("X-Warning")
        .fails([Denied::LacksGiven, Denied::Confined(Unlimited::Privileges)])
        .fails([DataError::bad("revoke", IN_BOTH)])
}

pub(crate) async fn update_privileges(
    services: Shared,
    caller: Authorized<UpdatePrivileges>,
    path: InPath,
    Options(options): Options,
) -> Result<Response> {
    let user = named(&services, path.read(&USER)?).await?;
    let change = read(&mut Body::new(&options))?;
    // A user who already has these privileges keeps them.
    let (_, was_the_last) = services.accounts.change_and_report(user.id, change, &caller).await?;
    Ok(answer::warn(StatusCode::NO_CONTENT.into_response(), was_the_last.then_some(NO_ADMINISTRATOR)))
}

fn read(body: &mut Body<'_>) -> Result<UserChange, DataError> {
    let grant = body.optional("grant", privileges())?.unwrap_or_default();
    let revoke = body.optional("revoke", privileges())?.unwrap_or_default();
    body.at_least_one_of(&["grant", "revoke"])?;
    if revoke.iter().any(|privilege: Privilege| grant.contain(privilege)) {
        return Err(DataError::bad("revoke", IN_BOTH));
    }
    Ok(UserChange::GrantAndRevoke { grant, revoke })
}
