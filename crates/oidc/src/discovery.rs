//! The provider's metadata (OIDC Discovery section 4).

use reqwest::Url;
use serde_json::{Map, Value};

use crate::error::Outage;
use crate::settings::{Settings, is_https};

const WHAT: &str = "discovery document";

/// The part of the metadata that is used here.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) jwks_uri: Url,
    introspection: Option<Url>,
    userinfo: Option<Url>,
    authorization: Option<Url>,
    token: Option<Url>,
    /// Each redirect has `iss` (RFC 9207).
    pub(crate) names_issuer_in_redirect: bool,
    /// The token endpoint takes a client's secret in the body alone.
    pub(crate) takes_secret_in_body: bool,
    /// The same of introspection.
    pub(crate) introspects_with_secret_in_body: bool,
}

/// Where the document of an issuer is. One slash at the end is cut for this alone.
pub(crate) fn address(issuer: &str) -> Result<Url, Outage> {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let malformed = |_| Outage::Malformed { what: WHAT, why: "the issuer is no address" };
    Url::parse(&format!("{base}/.well-known/openid-configuration")).map_err(malformed)
}

impl Document {
    /// The issuer must be the one of the settings, byte by byte, and each endpoint an https address.
    pub(crate) fn read(body: &Map<String, Value>, settings: &Settings) -> Result<Self, Outage> {
        if body.get("issuer").and_then(Value::as_str) != Some(&settings.issuer) {
            return Err(Outage::OtherIssuer);
        }
        let endpoint = |name: &str| match body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let url = value.as_str().and_then(|text| Url::parse(text).ok()).filter(is_https);
                url.map(Some).ok_or(Outage::Malformed { what: WHAT, why: "an endpoint is no https address" })
            }
        };
        let methods = |name: &str| body.get(name).and_then(Value::as_array);
        let token_methods = methods("token_endpoint_auth_methods_supported");
        let introspection_methods = methods("introspection_endpoint_auth_methods_supported").or(token_methods);
        let iss_parameter = body.get("authorization_response_iss_parameter_supported");
        Ok(Self {
            jwks_uri: endpoint("jwks_uri")?.ok_or(Outage::NoEndpoint("jwks_uri"))?,
            introspection: endpoint("introspection_endpoint")?,
            userinfo: endpoint("userinfo_endpoint")?,
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            names_issuer_in_redirect: iss_parameter == Some(&Value::Bool(true)),
            takes_secret_in_body: is_in_body(token_methods),
            introspects_with_secret_in_body: is_in_body(introspection_methods),
        })
    }

    pub(crate) fn introspection(&self) -> Result<Url, Outage> {
        self.introspection.clone().ok_or(Outage::NoEndpoint("introspection_endpoint"))
    }

    pub(crate) fn userinfo(&self) -> Result<Url, Outage> {
        self.userinfo.clone().ok_or(Outage::NoEndpoint("userinfo_endpoint"))
    }

    pub(crate) fn authorization(&self) -> Result<Url, Outage> {
        self.authorization.clone().ok_or(Outage::NoEndpoint("authorization_endpoint"))
    }

    pub(crate) fn token(&self) -> Result<Url, Outage> {
        self.token.clone().ok_or(Outage::NoEndpoint("token_endpoint"))
    }
}

/// Without a list, `client_secret_basic` is the default.
fn is_in_body(methods: Option<&Vec<Value>>) -> bool {
    let has = |method: &str| methods.is_some_and(|methods| methods.iter().any(|listed| listed == method));
    has("client_secret_post") && !has("client_secret_basic")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::name::ProviderName;

    fn read(issuer: &str, body: &Value) -> Result<Document, Outage> {
        let settings = Settings::new(ProviderName::parse("id").unwrap(), issuer);
        Document::read(body.as_object().unwrap(), &settings)
    }

    #[test]
    fn one_slash_is_cut_for_the_address_alone() {
        for (issuer, expected) in [
            ("https://id", "https://id/.well-known/openid-configuration"),
            ("https://id/", "https://id/.well-known/openid-configuration"),
            ("https://id/op", "https://id/op/.well-known/openid-configuration"),
            ("https://id/op//", "https://id/op//.well-known/openid-configuration"),
        ] {
            assert_eq!(address(issuer).unwrap().as_str(), expected);
        }
        let body = |issuer: &str| json!({ "issuer": issuer, "jwks_uri": "https://id/jwks" });
        assert!(read("https://id", &body("https://id")).is_ok());
        for other in ["https://id/", "https://ID", "https://id:443"] {
            assert!(matches!(read("https://id", &body(other)), Err(Outage::OtherIssuer)), "{other}");
        }
        assert!(matches!(read("https://id", &json!({ "issuer": ["https://id"] })), Err(Outage::OtherIssuer)));
    }

    #[test]
    fn endpoints_are_https_addresses() {
        let body = |url: &str| json!({ "issuer": "https://id", "jwks_uri": "https://id/jwks", "token_endpoint": url });
        assert!(read("https://id", &body("https://other/token")).is_ok());
        for bad in ["http://id/token", "/token", "https://joe:secret@id/token", "file:///etc/passwd"] {
            assert!(matches!(read("https://id", &body(bad)), Err(Outage::Malformed { .. })), "{bad}");
        }
        assert!(matches!(read("https://id", &json!({ "issuer": "https://id" })), Err(Outage::NoEndpoint("jwks_uri"))));
    }

    #[test]
    fn a_secret_is_in_the_body_only_where_nothing_else_is_possible() {
        let in_body = |methods: Value| {
            let body = json!({ "issuer": "https://id", "jwks_uri": "https://id/jwks",
                "token_endpoint_auth_methods_supported": methods });
            read("https://id", &body).unwrap().introspects_with_secret_in_body
        };
        assert!(in_body(json!(["client_secret_post"])));
        assert!(!in_body(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!in_body(json!(null)));
    }
}
