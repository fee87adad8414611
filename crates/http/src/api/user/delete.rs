//! `DELETE /user`: deletes the caller's own account permanently.

use crate::api::account;
use crate::api::prelude::*;

operation! { DeleteSelf: delete "/user" delete = Delete "user" Caller "instance" Private, ends many }

pub(crate) fn document() -> Document {
    Document::by::<DeleteSelf>("Delete the caller's own account permanently")
        .about("Its tokens are refused from then on. This cannot be undone.")
        .says(StatusCode::NO_CONTENT, "The account is deleted.")
        .fails([ApiError::NotFound, Denied::SomeWider.into()])
}

pub(crate) async fn delete(services: Shared, caller: Authorized<DeleteSelf>) -> Result<StatusCode> {
    account::delete(&services, caller.user.id, &caller).await
}
