//! The prefix of a token that a service hands on: Onezone writes the service's type before the text.

use zonemint_caveat::ServiceType;

/// Takes off a token's text which service of a provider it is handed on by, `opw-` or `opp-` before it. Not authenticated.
#[must_use]
pub fn split_service(text: &str) -> (Option<ServiceType>, &str) {
    for (prefix, service) in [("opw-", ServiceType::OpWorker), ("opp-", ServiceType::OpPanel)] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (Some(service), rest);
        }
    }
    (None, text)
}
