//! `GET /users/{id}/privileges`: what a user may do to others.

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
#[schema(as = Privileges)]
struct Shown {
    privileges: Vec<&'static str>,
}

pub(crate) fn document() -> Document {
    Document::by::<ShowPrivileges>("Show the privileges of a user").in_path(&USER).answers(
        StatusCode::OK,
        "The names of the privileges.",
        &Shown { privileges: vec![Privilege::UsersList.name()] },
    )
}

pub(crate) async fn privileges(
    State(services): State<SharedServices>,
    _caller: Authorized<ShowPrivileges>,
    path: InPath,
) -> Result<Response, ApiError> {
    let user = named(&services, path.read(&USER)?).await?;
    answer::json(&Shown { privileges: user.privileges.iter().map(Privilege::name).collect() })
}
