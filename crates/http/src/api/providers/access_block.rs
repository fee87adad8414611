//! `PATCH /providers/{id}/access_block`: blocks or unblocks a service; tokens of a blocked service are refused.

use crate::api::account::{self, named};
use crate::api::prelude::*;
use crate::kind::boolean;
use crate::path_parameter::SERVICE;

operation! {
    BlockProvider: patch "/providers/{id}/access_block" access_block
        = Update "provider" Path "access_block" Private needs ProvidersUpdate
}

pub(crate) fn document() -> Document {
    Document::by::<BlockProvider>("Block or unblock a service")
        .in_path(&SERVICE)
        .about("All tokens of a blocked service are refused.")
        .body(json!({"blocked": true}), read)
        .says(StatusCode::NO_CONTENT, "The service is blocked or unblocked.")
}

pub(crate) async fn access_block(
    services: Shared,
    caller: Authorized<BlockProvider>,
    path: InPath,
    Options(options): Options,
) -> Result<StatusCode> {
    let service = named(&services, path.read(&SERVICE)?).await?;
    account::set_blocked(&services, service.id, read(&mut Body::new(&options))?, &caller).await
}

fn read(body: &mut Body<'_>) -> Result<bool, DataError> {
    body.required("blocked", boolean())
}
