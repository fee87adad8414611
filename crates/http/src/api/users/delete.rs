//! `DELETE /users/{id}`: deletes a user permanently, with all tokens.

use crate::api::account::{self, named};
use crate::api::prelude::*;
use crate::path_parameter::USER;

operation! {
    DeleteUser: delete "/users/{id}" delete = Delete "user" Path "instance" Private needs UsersDelete, ends many
}

pub(crate) fn document() -> Document {
    Document::by::<DeleteUser>("Delete a user permanently")
        .in_path(&USER)
        .about("The user's tokens are refused from then on. This cannot be undone.")
        .says(StatusCode::NO_CONTENT, "The user is deleted.")
        .fails([Denied::SomeWider])
}

pub(crate) async fn delete(services: Shared, caller: Authorized<DeleteUser>, path: InPath) -> Result<StatusCode> {
    let user = named(&services, path.read(&USER)?).await?;
    account::delete(&services, user.id, &caller).await
}
