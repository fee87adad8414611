//! `GET /.well-known/oauth-authorization-server` (RFC 8414): where the endpoints are, and what they understand.
//!
//! The same at `/.well-known/openid-configuration`, where clients of OIDC look, and many that only need OAuth. The rest of OIDC is
//! not supported, and the metadata does not claim it.

use crate::api::prelude::*;
use crate::dcache::{GET_ONLY, READ_ONLY};

operation! { get "/.well-known/oauth-authorization-server" "/.well-known/openid-configuration" metadata }

/// There is no authorization endpoint. Section 2 requires the field and section 3.2 forbids an empty list, so this is the registered
/// type that returns nothing.
const RESPONSE_TYPES: [&str; 1] = ["none"];
/// How an account authenticates. The first one is the default of clients.
const BY_PASSWORD: [&str; 2] = ["client_secret_basic", "client_secret_post"];
/// Where a token is accepted too.
const BY_ANY: [&str; 3] = ["client_secret_basic", "client_secret_post", "Bearer"];

pub(crate) fn document() -> Document {
    Document::fixed("Show the OAuth endpoints and what they support")
        .about(
            "RFC 8414, also under the path of OIDC; nothing else of OIDC is supported. The issuer is the name by which the \
             client reached this server.",
        )
        .serves("application/json", &Type::Object, "The metadata.")
}

/// The issuer is the name by which the client reached this server, because section 3.3 has the client compare the two.
pub(crate) async fn metadata(base: Base) -> Result<Response> {
    let issuer = base.origin();
    let endpoint = |name: &str| format!("{issuer}/oauth/{name}");
    answer::json(&json!({
        "issuer": issuer,
        "token_endpoint": endpoint("token"),
        "token_endpoint_auth_methods_supported": BY_PASSWORD,
        "grant_types_supported": ["client_credentials", "password"],
        "response_types_supported": RESPONSE_TYPES,
        "scopes_supported": [READ_ONLY, GET_ONLY],
        "introspection_endpoint": endpoint("introspect"),
        "introspection_endpoint_auth_methods_supported": BY_ANY,
        "revocation_endpoint": endpoint("revoke"),
        "revocation_endpoint_auth_methods_supported": BY_ANY,
    }))
}
