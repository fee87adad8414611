//! `GET /users/{id}/privileges`: shows a user's privileges.

use crate::api::account::named;
use crate::api::prelude::*;
use crate::path_parameter::USER;
use zonemint_base::model::Privilege;

operation! {
    ShowPrivileges: get "/users/{id}/privileges" privileges
        = Get "user" Path "oz_privileges" Private needs UsersView
}

/// What a user may do to others.
#[derive(Serialize, ToSchema)]
struct Privileges {
    privileges: Vec<&'static str>,
}

pub(crate) fn document() -> Document {
    Document::by::<ShowPrivileges>("Show the privileges of a user").in_path(&USER).answers(
        StatusCode::OK,
        "The names of the privileges.",
        &Privileges { privileges: vec![Privilege::UsersList.name()] },
    )
}

pub(crate) async fn privileges(
    services: Shared,
    _caller: Authorized<ShowPrivileges>,
    path: InPath,
) -> Result<Response> {
    let user = named(&services, path.read(&USER)?).await?;
    answer::json(&Privileges { privileges: user.privileges.iter().map(Privilege::name).collect() })
}
