//! Opaque tokens, by using them at the issuer's userinfo endpoint (OIDC Core section 5.3). Its answer names no audience.

use serde_json::{Map, Value};

use crate::discovery::Document;
use crate::error::{InvalidToken, Outage, Refusal};
use crate::fetch::Fetch;

const WHAT: &str = "userinfo";

/// The claims of the token's person.
pub(crate) async fn userinfo(fetch: &Fetch, document: &Document, token: &str) -> Result<Map<String, Value>, Refusal> {
    let answer = fetch.with_token(document.userinfo()?, WHAT, token).await?;
    match answer.status {
        200 => Ok(answer.body.ok_or(Outage::Malformed { what: WHAT, why: "it is no JSON object" })?),
        // RFC 6750 section 3.1: of the token, not of us.
        400 | 401 | 403 => Err(InvalidToken::Inactive.into()),
        status => Err(Outage::Status { what: WHAT, status }.into()),
    }
}
