//! `GET /configuration`: shows the server's name and version.

use crate::api::prelude::*;

operation! { ShowConfiguration: get "/configuration" configuration = Get "oz_worker" Null "configuration" Private }

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    /// The domain: there is no other name.
    name: String,
    /// `token.domain`
    domain: String,
    /// The version of zonemint, not of a Onezone.
    version: &'static str,
    /// Always `unknown`, as of a Onezone without a build number.
    build: &'static str,
    /// Always false.
    subdomain_delegation_supported: bool,
}

impl Configuration {
    fn new(domain: &str) -> Self {
        Self {
            name: domain.to_owned(),
            domain: domain.to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            build: "unknown",
            subdomain_delegation_supported: false,
        }
    }
}

pub(crate) fn document() -> Document {
    Document::anyone::<ShowConfiguration>("Show this server's configuration")
        .about("Onezone returns more: identity providers, spaces and their providers, which zonemint does not have.")
        .answers(StatusCode::OK, "The configuration.", &Configuration::new("onezone.example.com"))
}

pub(crate) async fn configuration(services: Shared, anyone: Anyone) -> Result<Response> {
    anyone.allows(&general::<ShowConfiguration>())?;
    answer::json(&Configuration::new(&services.tokens.settings().domain))
}
