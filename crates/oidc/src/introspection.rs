//! Opaque tokens, by asking the issuer (RFC 7662).

use serde_json::{Map, Value};

use crate::discovery::Document;
use crate::error::{InvalidToken, Outage, Refusal};
use crate::fetch::{ClientAuthentication, Fetch};

pub(crate) const WHAT: &str = "introspection";

/// What the issuer says of a token; `client` is ours.
pub(crate) async fn introspect(
    fetch: &Fetch,
    document: &Document,
    client: &ClientAuthentication<'_>,
    token: &str,
) -> Result<Map<String, Value>, Refusal> {
    let fields = [("token", token), ("token_type_hint", "access_token")];
    let answer = fetch.form(document.introspection()?, WHAT, &fields, client).await?;
    let error = answer.body.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
    match (answer.status, error) {
        (200, _) => {
            let malformed = |why| Outage::Malformed { what: WHAT, why };
            let body = answer.body.ok_or(malformed("it is no JSON object"))?;
            if !body.get("active").is_some_and(Value::is_boolean) {
                return Err(malformed("active is missing").into());
            }
            Ok(body)
        }
        // The issuer introspects no tokens of this kind, as oidc-provider says of JWTs.
        (400, Some("unsupported_token_type")) => Err(InvalidToken::Inactive.into()),
        // 403: Keycloak and glewlwyd, for clients that may not ask. Some answer without a body.
        (401 | 403, _) | (400, Some("invalid_client" | "unauthorized_client")) => {
            Err(Outage::ClientRefused { what: WHAT }.into())
        }
        (status, _) => Err(Outage::Status { what: WHAT, status }.into()),
    }
}
