//! A check of one provider for the administrator.

use crate::error::{Outage, Refusal};
use crate::introspection::introspect;
use crate::provider::Provider;
use crate::refreshed::Need;

/// What a check has found.
#[derive(Debug)]
pub struct ProbeReport {
    /// The provider's clock minus ours, in seconds, by the `Date` of the discovery document; none if it could not be read.
    pub clock_difference_s: Option<i64>,
    /// Whether the discovery document is usable.
    pub discovery: Result<(), Outage>,
    /// How many keys can verify a token.
    pub keys: Result<usize, Outage>,
    /// Whether introspection accepts our client; none without a secret.
    pub introspection: Option<Result<(), Outage>>,
    /// The provider accepts tokens of any application: dangerous.
    pub accepts_any_audience: bool,
}

impl Provider {
    /// Asks the provider for its metadata, and whether a token that cannot exist is active.
    pub async fn probe(&self) -> ProbeReport {
        let settings = self.settings();
        let document = self.document().await;
        let clock_difference_s = match crate::discovery::address(&settings.issuer) {
            Ok(url) => self.fetch().metadata(url, "discovery document").await.ok().and_then(|it| it.clock_difference_s),
            Err(_) => None,
        };
        let introspection = match &document {
            Ok(document) if settings.client_secret.is_some() => {
                let client = self.client(document.introspects_with_secret_in_body);
                Some(match introspect(self.fetch(), document, &client, "zonemint-probe").await {
                    Ok(_) | Err(Refusal::Invalid(_)) => Ok(()),
                    Err(Refusal::Unavailable(outage)) => Err(outage),
                })
            }
            _ => None,
        };
        ProbeReport {
            clock_difference_s,
            keys: self.keys(Need::Newer).await.map(|keys| keys.len()),
            discovery: document.map(drop),
            introspection,
            accepts_any_audience: settings.accept_any_audience,
        }
    }
}
