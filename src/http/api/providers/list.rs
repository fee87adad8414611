//! `GET /providers`: the ids of all services.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::api::users::EXAMPLE_ID;
use crate::http::error::ApiError;
use crate::http::extract::Authorized;
use crate::http::openapi::Document;
use crate::http::pages::{self, Page};
use crate::http::rule::ListProviders;
use crate::http::state::SharedServices;

pub(in crate::http) fn document() -> Document {
    Document::by::<ListProviders>("The ids of all services").lists("providers", "All services.", EXAMPLE_ID)
}

pub(in crate::http) async fn list(
    State(services): State<SharedServices>,
    _caller: Authorized<ListProviders>,
) -> Result<Response, ApiError> {
    pages::list("providers", move |after| {
        let services = Arc::clone(&services);
        async move {
            let (page, next) = services.accounts.some_services(after).await?;
            Ok(Page { texts: page.iter().map(|service| service.id.to_string()).collect(), next })
        }
    })
    .await
}
