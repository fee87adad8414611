//! `DELETE /providers/{id}`: deletes a service permanently, with all its tokens.

use crate::api::account::{self, named};
use crate::api::prelude::*;
use crate::path_parameter::SERVICE;

operation! {
    DeleteProvider: delete "/providers/{id}" delete
        = Delete "provider" Path "instance" Private needs ProvidersDelete, ends many
}

pub(crate) fn document() -> Document {
    Document::by::<DeleteProvider>("Delete a service permanently, with all its tokens")
        .in_path(&SERVICE)
        .says(StatusCode::NO_CONTENT, "The service is deleted.")
        .fails([Denied::SomeWider])
}

pub(crate) async fn delete(services: Shared, caller: Authorized<DeleteProvider>, path: InPath) -> Result<StatusCode> {
    let service = named(&services, path.read(&SERVICE)?).await?;
    account::delete(&services, service.id, &caller).await
}
