//! `POST /oauth/introspect` (RFC 7662): whether an access token is valid, and whose it is.
//!
//! Any account may ask about any token: a caller with the text could use the token, so the answer reveals nothing new. Callers must
//! authenticate, so that strangers cannot try texts.
//!
//! A caveat on a fact that is not known is not met. A caveat on the bearer's address, interface or service makes the token inactive
//! unless the request states that fact; a caveat on data or the API, unless the caller says that it enforces it.

use std::pin::pin;
use std::time::Duration;

use super::{TOKEN, TOKEN_TYPE_HINT};
use crate::api::prelude::*;
use crate::api::tokens::verify_access::VerifyAccessToken;
use crate::api::tokens::{EXAMPLE_TEXT, EXAMPLE_TOKEN_ID};
use crate::api::users::EXAMPLE_ID;
use crate::dcache;
use crate::error::OAuthError;
use crate::extract::{CLIENT_ID, CLIENT_SECRET, Client, subject_of};
use crate::fields::{Fields, Parameter, TakesForm};
use crate::schema::CaveatObject;
use zonemint_base::model::{SubjectKind, User};
use zonemint_caveat::{Caveat, DataAccess, Interface, Request, Service, ServiceType, TokenKind};
use zonemint_service::token::Authenticated;

operation! { post "/oauth/introspect" introspect }

pub(crate) struct Introspect;

impl TakesForm for Introspect {
    const PARAMETERS: &'static [&'static Parameter] =
        &[&TOKEN, &TOKEN_TYPE_HINT, &IP, &INTERFACE, &ENFORCES, &CLIENT_ID, &CLIENT_SECRET];
}

/// What the caller knows of the token's use.
const IP: Parameter = Parameter::text("ip", "The IP address from which the token was used", "192.0.2.1");
const INTERFACE: Parameter = Parameter::text("interface", "rest, oneclient or graphsync", "rest");
const ENFORCES: Parameter =
    Parameter::text("enforces", "The kinds of caveats that the caller enforces itself", "api data");
/// The shortest time for a negative answer, much longer than the read of one row. So no client can see from the time whether there was
/// a row, what it contained, or which rule refused. It costs little, because negative answers are rare.
const NO_TAKES: Duration = Duration::from_millis(10);

#[derive(Serialize, ToSchema)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[schema(required = false)]
    token_type: &'static str,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[schema(required = false)]
    sub: String,
    #[schema(required = false)]
    iss: String,
    #[schema(required = false)]
    jti: String,
    /// An extension of zonemint: all of its caveats, in the JSON of the token API.
    #[schema(required = false, value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
}

pub(crate) fn document() -> Document {
    let example = Introspection {
        active: true,
        scope: None,
        username: Some("alice".to_owned()),
        token_type: "Bearer",
        exp: Some(1_800_000_000),
        iat: Some(1_763_942_400),
        sub: EXAMPLE_ID.to_owned(),
        iss: "https://zone.example.org:8443".to_owned(),
        jti: EXAMPLE_TOKEN_ID.to_owned(),
        caveats: vec![json!({"type": "time", "validUntil": 1_800_000_000})],
    };
    Document::new("Introspect an access token: its validity and its owner", Who::Known)
        .about("RFC 7662. For an invalid token, returns `active` alone, whatever the reason, and in equal time.")
        .about("A caveat on something that the request does not state is not met.")
        .form::<Introspect>(json!({"token": EXAMPLE_TEXT}))
        .answers(StatusCode::OK, "`active` is true, with the data of the token; or false, alone.", &example)
}

pub(crate) async fn introspect(
    services: Shared,
    base: Base,
    Client { caller, form }: Client<Introspect>,
) -> Result<Response> {
    caller.allows(&general::<VerifyAccessToken>())?;
    let text = form.required(&TOKEN)?;
    let enforced = Enforced::read(&form)?;
    let request = described(&form, &caller.user, services.tokens.request(TokenKind::Access))?;
    let request = Request { data_access: enforced.data, ..request };
    #[expect(clippy::disallowed_methods, reason = "the delay is the purpose; it counts from here")]
    let earliest = tokio::time::sleep(NO_TAKES);
    let reading = pin!(async {
        let token = services.tokens.introspect(text, request).await?.filter(|token| enforced.suffices(token));
        let Some(token) = token else { return Ok(None) };
        let user = subject_of(&token, None, &services).await?;
        Ok::<_, ApiError>(user.ok().map(|user| (token, user)))
    });
    if let Some((token, user)) = services.tokens.as_one_read(reading).await? {
        return answer::json(&introspection(&token, &user, &base));
    }
    earliest.await;
    // Nothing else (section 2.2): the answer must not reveal the reason.
    answer::json(&json!({"active": false}))
}

/// The use of the token, as the form describes it. A service that calls is the one that received the token.
fn described(form: &Fields<Introspect>, asker: &User, request: Request) -> Result<Request, OAuthError> {
    let bad = |text: &str| OAuthError::InvalidRequest(text.to_owned());
    let peer = form.value(&IP).map(|text| text.parse().map_err(|_| bad("ip must be an IPv4 or IPv6 address")));
    let interface = form
        .value(&INTERFACE)
        .map(|name| Interface::from_name(name).ok_or_else(|| bad("interface must be rest, oneclient or graphsync")));
    let service = match asker.kind {
        SubjectKind::Provider => Service::new(ServiceType::OpWorker, &asker.id.to_string()),
        SubjectKind::User => None,
    };
    Ok(Request { peer: peer.transpose()?, interface: interface.transpose()?, service, ..request })
}

/// The caveats that the caller enforces, because it sees the use of the token.
struct Enforced {
    data: DataAccess,
    api: bool,
}

impl Enforced {
    fn read(form: &Fields<Introspect>) -> Result<Self, OAuthError> {
        let mut enforced = Self { data: DataAccess::Refused, api: false };
        for kind in form.value(&ENFORCES).into_iter().flat_map(|list| list.split(' ')) {
            match kind {
                "api" => enforced.api = true,
                "data" => enforced.data = DataAccess::Allowed,
                _ => return Err(OAuthError::InvalidRequest("enforces must be a list of api and data".to_owned())),
            }
        }
        Ok(enforced)
    }

    /// The verification has judged the caveats on data.
    fn suffices(&self, token: &Authenticated) -> bool {
        self.api || !token.caveats.iter().any(|caveat| matches!(caveat, Caveat::Api(_)))
    }
}

fn introspection(token: &Authenticated, user: &User, base: &Base) -> Introspection {
    Introspection {
        active: true,
        scope: dcache::scopes_of(&token.caveats),
        username: user.name.as_ref().map(ToString::to_string),
        token_type: "Bearer",
        exp: token.valid_until(),
        iat: token.issued_ms.map(|ms| ms / 1000),
        sub: user.id.to_string(),
        iss: base.origin(),
        jti: token.id.to_string(),
        caveats: token.caveats.iter().map(Caveat::to_json).collect(),
    }
}
