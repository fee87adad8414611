//! An issuer in this process: keys of its own, and answers that a test sets.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum_server::tls_rustls::RustlsConfig;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PKCS_RSA_SHA256, SigningKey as _,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_oidc::{InvalidToken, Provider, ProviderName, Refusal, Settings};

/// Where tests begin, in milliseconds since the Unix epoch.
pub const NOW_MS: u64 = 1_800_000_000_000;
/// The same in seconds.
pub const NOW: u64 = NOW_MS / 1_000;

/// A key that signs JWTs.
pub struct Signer {
    pair: KeyPair,
    alg: &'static str,
    pub kid: Option<&'static str>,
}

impl Signer {
    pub fn new(alg: &'static str, kid: Option<&'static str>) -> Self {
        let algorithm = match alg {
            "RS256" => &PKCS_RSA_SHA256,
            "ES256" => &PKCS_ECDSA_P256_SHA256,
            _ => &PKCS_ED25519,
        };
        Self { pair: KeyPair::generate_for(algorithm).unwrap(), alg, kid }
    }

    /// Its public half, as in a key set.
    pub fn jwk(&self) -> Value {
        let (raw, text) = (self.pair.public_key_raw(), |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = match self.alg {
            "RS256" => {
                // RSAPublicKey of 2,048 bits with the exponent 65,537, as DER.
                assert_eq!((raw.len(), &raw[265..]), (270, &[2, 3, 1, 0, 1][..]));
                json!({ "kty": "RSA", "n": text(&raw[9..265]), "e": "AQAB" })
            }
            "ES256" => json!({ "kty": "EC", "crv": "P-256", "x": text(&raw[1..33]), "y": text(&raw[33..]) }),
            _ => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(raw) }),
        };
        if let Some(kid) = self.kid {
            jwk["kid"] = json!(kid);
        }
        jwk
    }

    /// A JWT with this header, to which `alg` and `kid` are added unless it has them.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut header = header.clone();
        let fields = header.as_object_mut().unwrap();
        fields.entry("alg").or_insert(json!(self.alg));
        if let Some(kid) = self.kid {
            fields.entry("kid").or_insert(json!(kid));
        }
        let message = [&header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = match self.alg {
            "ES256" => {
                let key = EncodingKey::from_ec_der(self.pair.serialized_der());
                jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::ES256).unwrap()
            }
            _ => BASE64_URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()).unwrap()),
        };
        format!("{message}.{signature}")
    }

    /// An access token as RFC 9068 has it.
    pub fn access_token(&self, claims: &Value) -> String {
        self.sign(&json!({ "typ": "at+jwt" }), claims)
    }
}

/// A CA, as PEM, and a certificate of it for localhost with its key.
pub fn certificate() -> (Vec<u8>, rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let pair = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&pair, &authority).unwrap();
    (authority.pem().into_bytes(), certificate, pair)
}

/// What the issuer answers at a path.
#[derive(Clone)]
pub enum Reply {
    Json(u16, Value),
    Text(u16, String),
    /// A redirect to the same issuer.
    Redirect(&'static str),
    /// The connection ends.
    Broken,
    /// No answer.
    Silence,
    /// The answer comes when the test permits it.
    Held(Arc<Notify>, Value),
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub authorization: String,
    pub body: String,
}

#[derive(Default)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    received: Mutex<Vec<Received>>,
}

pub struct Issuer {
    pub url: String,
    ca: Vec<u8>,
    shared: Arc<Shared>,
    pub clock: Clock,
    pub key: Signer,
}

impl Issuer {
    /// Starts one whose only key is of this algorithm.
    pub async fn start(alg: &'static str) -> Self {
        zonemint_tls::use_aws_lc();
        let (ca, certificate, pair) = certificate();
        let tls = RustlsConfig::from_der(vec![certificate.der().to_vec()], pair.serialize_der()).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
        tokio::spawn(server.serve(router.into_make_service()));
        let key = Signer::new(alg, Some("first"));
        let issuer = Self { url, ca, shared, clock: Clock::manual(NOW_MS), key };
        issuer.publish(&[&issuer.key]);
        issuer.describe(&issuer.url);
        issuer
    }

    /// Publishes a discovery document of this issuer.
    pub fn describe(&self, issuer: &str) {
        let at = |path: &str| format!("{}{path}", self.url);
        let document = json!({
            "issuer": issuer, "jwks_uri": at("/jwks"), "introspection_endpoint": at("/introspect"),
            "userinfo_endpoint": at("/me"), "authorization_endpoint": at("/auth?tenant=a"),
            "token_endpoint": at("/token"), "authorization_response_iss_parameter_supported": true,
        });
        self.reply("/.well-known/openid-configuration", Reply::Json(200, document));
    }

    /// Publishes these keys and no others.
    pub fn publish(&self, keys: &[&Signer]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.reply("/jwks", Reply::Json(200, json!({ "keys": keys })));
    }

    pub fn reply(&self, path: &str, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// All requests for a path.
    pub fn received(&self, path: &str) -> Vec<Received> {
        let received = self.shared.received.lock().unwrap();
        received.iter().filter(|received| received.path == path).cloned().collect()
    }

    /// Settings under the name `id`, with the audience `zonemint`.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::new(ProviderName::parse("id").unwrap(), &self.url);
        settings.audiences = vec!["zonemint".to_owned(), "https://zone.test".to_owned()];
        "web".clone_into(&mut settings.client_id);
        settings.ca = Some(self.ca.clone());
        settings
    }

    pub fn provider(&self, change: impl FnOnce(&mut Settings)) -> Provider {
        let mut settings = self.settings();
        change(&mut settings);
        Provider::new(settings, &self.clock, &Random::system()).unwrap()
    }

    /// Claims of an access token that is accepted.
    pub fn claims(&self) -> Value {
        json!({
            "iss": self.url, "sub": "joe", "aud": "zonemint", "exp": NOW + 600, "iat": NOW, "client_id": "web",
            "preferred_username": "Joe", "groups": ["staff", "Data, Berlin"],
        })
    }

    /// [`Issuer::claims`] with some replaced; null removes one.
    pub fn claims_with(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// An access token with some claims replaced.
    pub fn token(&self, changes: &Value) -> String {
        self.key.access_token(&self.claims_with(changes))
    }
}

/// The subject of a token, or why it is refused.
pub async fn subject(provider: &Provider, token: &str) -> Result<String, InvalidToken> {
    match provider.check(token).await {
        Ok(identity) => Ok(identity.subject.clone()),
        Err(Refusal::Invalid(why)) => Err(why),
        Err(Refusal::Unavailable(outage)) => panic!("{outage:?}"),
    }
}

/// The outage that a check meets, as text.
pub async fn outage(provider: &Provider, token: &str) -> String {
    match provider.check(token).await {
        Err(Refusal::Unavailable(outage)) => outage.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let (path, body) = (uri.path().to_owned(), String::from_utf8(body.to_vec()).unwrap());
    shared.received.lock().unwrap().push(Received { path: path.clone(), authorization, body });
    let reply = shared.replies.lock().unwrap().get(&path).cloned();
    let json = |status: u16, value: &Value| {
        let status = StatusCode::from_u16(status).unwrap();
        (status, [("content-type", "application/json")], value.to_string()).into_response()
    };
    match reply {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Reply::Json(status, value)) => json(status, &value),
        Some(Reply::Text(status, text)) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some(Reply::Redirect(to)) => (StatusCode::FOUND, [("location", to)]).into_response(),
        // Ends this connection's task without a line on standard error.
        Some(Reply::Broken) => std::panic::resume_unwind(Box::new("broken")),
        Some(Reply::Silence) => std::future::pending().await,
        Some(Reply::Held(permit, value)) => {
            permit.notified().await;
            json(200, &value)
        }
    }
}
