//! `GET /providers`: lists the ids of all services.

use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;

operation! {
    ListProviders: get "/providers" list = Get "provider" Null "list" Private needs ProvidersList, also by SERVICES
}

pub(crate) fn document() -> Document {
    Document::by::<ListProviders>("List the ids of all services").lists("providers", "The ids.", EXAMPLE_ID)
}

pub(crate) async fn list(services: Shared, _caller: Authorized<ListProviders>) -> Result<Response> {
    pages::list("providers", services, |services, after| async move {
        let (page, next) = services.accounts.some_services(after).await?;
        Ok(Page { texts: page.iter().map(|service| service.id.to_string()).collect(), next })
    })
    .await
}
