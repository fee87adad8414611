//! The caller below `/oauth`, and the form of the request.
//!
//! A client of OAuth is an account: its id is the user name, its secret the password. They come in `Authorization: Basic`, or as
//! `client_id` and `client_secret` in the body, where the encoding is clear. In Basic, some clients percent-encode both first, as
//! RFC 6749 section 2.3.1 says, and others do not. A value with two readings is tried as sent, then decoded; only below `/oauth`.

use std::iter;

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::Request;
use axum::http::request::Parts;

use super::caller::{Readings, SignedIn};
use super::credentials::{self, Credential};
use super::options::whole;
use crate::basic::Basic;
use crate::error::{ApiError, OAuthError};
use crate::fields::{Fields, Parameter, TakesForm};
use crate::form;
use crate::media_type;
use crate::rule::NEEDED_BY_NONE;
use crate::state::SharedServices;
use zonemint_service::user::PasswordField;

/// The parameters that authenticate a caller.
pub(crate) const CLIENT_ID: Parameter = Parameter::text("client_id", "A user's name, if no header gives it", "alice");
pub(crate) const CLIENT_SECRET: Parameter = Parameter::text("client_secret", "That user's password", "a long one");
pub(crate) const GRANT_TYPE: Parameter = Parameter::text("grant_type", "client_credentials or password", "password");
pub(crate) const USERNAME: Parameter = Parameter::text("username", "For the grant password", "alice");
pub(crate) const PASSWORD: Parameter = Parameter::text("password", "For the grant password", "a long one");

/// A caller with any credential.
pub(crate) struct Client<O> {
    /// The caller.
    pub(crate) caller: SignedIn,
    /// The form of the operation `O`.
    pub(crate) form: Fields<O>,
}

impl<O: TakesForm> FromRequest<SharedServices> for Client<O> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let (by_header, unproven) = match credentials::find(&parts.headers)? {
            Credential::None => (None, None),
            Credential::Token(text) => {
                (Some(SignedIn::by_token(&parts, services, NEEDED_BY_NONE, text, None).await?), None)
            }
            Credential::Basic(basic) => {
                let basic = HeaderPair::new(basic.unless_of_another_site(&parts)?);
                if basic.is_unproven() {
                    (None, Some(basic))
                } else {
                    (Some(basic.caller(&parts, services).await?), None)
                }
            }
        };
        let form = read(&parts, body, services).await?;
        let caller = match (by_header, unproven, form.value(&CLIENT_SECRET)) {
            (Some(caller), _, None) => caller,
            // RFC 6749 section 2.3
            (Some(_), _, Some(_)) => return Err(two_credentials()),
            (None, unproven, Some(secret)) => {
                let id = form.required(&CLIENT_ID)?;
                if unproven.is_some_and(|header| !header.names(id)) {
                    return Err(two_credentials());
                }
                SignedIn::named(&parts, services, NEEDED_BY_NONE, id, secret).await?
            }
            (None, Some(header), None) => header.caller(&parts, services).await?,
            (None, None, None) => return Err(credentials::none(&parts.headers)),
        };
        Ok(Self { caller, form })
    }
}

/// Name and password of a Basic header below `/oauth`.
struct HeaderPair {
    sent: Basic,
    decoded: Option<Basic>,
}

impl HeaderPair {
    fn new(sent: Basic) -> Self {
        Self { decoded: sent.form_decoded(), sent }
    }

    /// Whether it has a name only, as from clients that send their credentials in the body.
    fn is_unproven(&self) -> bool {
        self.sent.password.is_empty()
    }

    fn ways(&self) -> impl Iterator<Item = &Basic> {
        iter::once(&self.sent).chain(&self.decoded)
    }

    fn names(&self, name: &str) -> bool {
        self.ways().any(|basic| basic.username == name)
    }

    fn is(&self, (name, password): (&str, &str)) -> bool {
        self.ways().any(|basic| basic.username == name && *basic.password == password)
    }

    /// Its readings as name and password; none with a token in the password's place. A name that decoding changes was sent
    /// encoded ([`Basic::form_decoded`]), and so was a password that is a token before decoding.
    fn readings(&self) -> Option<Readings<'_>> {
        let sent = PasswordField::read(&self.sent.password).password();
        let Some(decoded) = &self.decoded else {
            return Some(Readings::One(&self.sent.username, sent?));
        };
        let password = PasswordField::read(&decoded.password).password()?;
        Some(match sent {
            Some(sent) if decoded.username == self.sent.username => {
                Readings::Either(&self.sent.username, [sent, password])
            }
            _ => Readings::One(&decoded.username, password),
        })
    }

    async fn caller(&self, parts: &Parts, services: &SharedServices) -> Result<SignedIn, ApiError> {
        if let Some(readings) = self.readings() {
            return SignedIn::sign_in(parts, services, readings).await;
        }
        // No token's text has a percent sign; some have a plus sign.
        let is_encoded = |basic: &&Basic| self.sent.username != basic.username || self.sent.password.contains('%');
        let basic = self.decoded.as_ref().filter(is_encoded).unwrap_or(&self.sent);
        SignedIn::by_token(parts, services, NEEDED_BY_NONE, &basic.password, Some(&basic.username)).await
    }
}

/// A user with name and password, who asks for a token. A token is not accepted here: its holder can confine it instead.
pub(crate) struct Owner<O> {
    /// The caller.
    pub(crate) caller: SignedIn,
    /// The form of the operation `O`.
    pub(crate) form: Fields<O>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    ClientCredentials,
    Password,
}

impl<O: TakesForm> FromRequest<SharedServices> for Owner<O> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let basic = match credentials::find(&parts.headers)? {
            Credential::Token(_) => return Err(OAuthError::PasswordNeeded.into()),
            Credential::Basic(basic) => Some(HeaderPair::new(basic.unless_of_another_site(&parts)?)),
            Credential::None => None,
        };
        let form = read(&parts, body, services).await?;
        let grant = match form.required(&GRANT_TYPE)? {
            "client_credentials" => Grant::ClientCredentials,
            "password" => Grant::Password,
            _ => return Err(OAuthError::UnsupportedGrantType.into()),
        };
        let readings = claimed(basic.as_ref(), &form, grant)?.ok_or(OAuthError::PasswordNeeded)?;
        let signed_in = SignedIn::sign_in(&parts, services, readings).await;
        let caller = signed_in.map_err(|error| match error {
            // A wrong header is answered as such (section 5.2).
            ApiError::BadCredentials if grant == Grant::Password && basic.is_none() => OAuthError::InvalidGrant.into(),
            error => error,
        })?;
        Ok(Self { caller, form })
    }
}

/// Reads a body to its end. An empty body may be of any type.
async fn read<O: TakesForm>(parts: &Parts, body: Body, services: &SharedServices) -> Result<Fields<O>, ApiError> {
    let bytes = whole(&parts.headers, body, services).await?;
    if !bytes.is_empty() && !media_type::is(&parts.headers, "application/x-www-form-urlencoded") {
        return Err(ApiError::UnsupportedMediaType);
    }
    form::parse(&bytes).map(Fields::new).map_err(|rule| OAuthError::InvalidRequest(rule.to_string()).into())
}

/// The name and the password of a request; none with a token in the password's place. They may occur in several places, because
/// RFC 6749 section 4.3.2 lets a client authenticate in addition to its user. Then they must be the same, because only users are
/// known here.
fn claimed<'a, O: TakesForm>(
    header: Option<&'a HeaderPair>,
    form: &'a Fields<O>,
    grant: Grant,
) -> Result<Option<Readings<'a>>, ApiError> {
    let of_client = match form.value(&CLIENT_SECRET) {
        Some(secret) => Some((form.required(&CLIENT_ID)?, secret)),
        None => None,
    };
    let of_user = match grant {
        Grant::Password => Some((form.required(&USERNAME)?, form.required(&PASSWORD)?)),
        Grant::ClientCredentials => None,
    };
    // A name without a secret, in the header or in the body, names the client. Under the other grant it may be any program.
    let must_agree = |name: &str| {
        grant == Grant::Password
            || (form.value(&CLIENT_ID).is_none_or(|id| id == name) && header.is_none_or(|header| header.names(name)))
    };
    let in_body = match (of_user, of_client) {
        (Some(user), Some(client)) if user != client => return Err(two_credentials()),
        (of_user, of_client) => of_user.or(of_client),
    };
    let Some(in_body) = in_body else {
        let header = header.ok_or(OAuthError::PasswordNeeded)?;
        let named = form.value(&CLIENT_ID).is_none_or(|id| header.names(id));
        return if named { Ok(header.readings()) } else { Err(two_credentials()) };
    };
    if !must_agree(in_body.0) || header.is_some_and(|header| !header.is_unproven() && !header.is(in_body)) {
        return Err(two_credentials());
    }
    let (name, password) = in_body;
    Ok(PasswordField::read(password).password().map(|password| Readings::One(name, password)))
}

fn two_credentials() -> ApiError {
    OAuthError::InvalidRequest("The request has more than one credential; send one".to_owned()).into()
}
