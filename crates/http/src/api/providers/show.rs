//! `GET /providers/{id}`: shows a service.

#![expect(single_use_lifetimes, reason = "the derived schema names a type's lifetime once")]

use crate::api::account::named;
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::path_parameter::SERVICE;

operation! {
    ShowProvider: get "/providers/{id}" show
        = Get "provider" Path "instance" Protected needs ProvidersView, also by SERVICES
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Service<'a> {
    provider_id: String,
    name: &'a str,
    blocked: bool,
    /// Unix seconds.
    creation_time: u64,
    /// Whether the store has more than 100,000 tokens of the service, ended ones included; an extension of zonemint.
    many_tokens: bool,
}

pub(crate) fn document() -> Document {
    let example = Service {
        provider_id: EXAMPLE_ID.to_owned(),
        name: "data store",
        blocked: false,
        creation_time: 1_763_942_400,
        many_tokens: false,
    };
    Document::by::<ShowProvider>("Show a service").in_path(&SERVICE).answers(StatusCode::OK, "The service.", &example)
}

pub(crate) async fn show(services: Shared, _caller: Authorized<ShowProvider>, path: InPath) -> Result<Response> {
    let service = named(&services, path.read(&SERVICE)?).await?;
    answer::json(&Service {
        provider_id: service.id.to_string(),
        name: service.full_name.as_str(),
        blocked: service.blocked,
        creation_time: service.created_ms / 1000,
        many_tokens: services.tokens.has_many(service.id).await?,
    })
}
