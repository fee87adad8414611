//! `PATCH /users/{id}/access_block`: blocks or unblocks a user; password and tokens of a blocked user are refused.

use crate::api::account::{self, named};
use crate::api::prelude::*;
use crate::kind::boolean;
use crate::path_parameter::USER;

operation! {
    UpdateAccessBlock: patch "/users/{id}/access_block" access_block
        = Update "user" Path "access_block" Private needs UsersUpdate
}

pub(crate) fn document() -> Document {
    Document::by::<UpdateAccessBlock>("Block or unblock a user")
        .in_path(&USER)
        .about("The password and all tokens of a blocked user are refused.")
        .body(json!({"blocked": true}), read)
        .says(StatusCode::NO_CONTENT, "The user is blocked or unblocked.")
}

pub(crate) async fn access_block(
    services: Shared,
    caller: Authorized<UpdateAccessBlock>,
    path: InPath,
    Options(options): Options,
) -> Result<StatusCode> {
    let user = named(&services, path.read(&USER)?).await?;
    account::set_blocked(&services, user.id, read(&mut Body::new(&options))?, &caller).await
}

fn read(body: &mut Body<'_>) -> Result<bool, DataError> {
    body.required("blocked", boolean())
}
