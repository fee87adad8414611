//! Who calls below `/oauth`, and the form that they send.
//!
//! A client of OAuth is an account: its id is the user name, its secret the password. They come in `Authorization: Basic` as
//! they do everywhere here, not percent-encoded first as RFC 6749 section 2.3.1 has it, or as `client_id` and `client_secret`
//! in the body, where encoding leaves no doubt. The manual's page `oauth` says why.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::Request;
use axum::http::request::Parts;

use super::caller::Caller;
use super::credentials::{self, Credential};
use super::options::{has_type, whole};
use crate::http::error::{ApiError, OAuthError};
use crate::http::form::{self, Form};
use crate::http::rule::NEEDED_BY_NONE;
use crate::http::state::SharedServices;

/// A caller by any credential.
pub(in crate::http) struct Client {
    /// Who.
    pub(in crate::http) caller: Caller,
    /// What they send.
    pub(in crate::http) form: Form,
}

impl FromRequest<SharedServices> for Client {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let by_header = Caller::find(&parts, services, NEEDED_BY_NONE).await?;
        let form = read(&parts, body, services).await?;
        let caller = match (by_header, form.value("client_secret")) {
            (Some(caller), None) => caller,
            // RFC 6749 section 2.3
            (Some(_), Some(_)) => return Err(two_credentials()),
            (None, Some(secret)) => Caller::sign_in(&parts, services, required(&form, "client_id")?, secret).await?,
            (None, None) => return Err(ApiError::NoCredentials),
        };
        Ok(Self { caller, form })
    }
}

/// A user who gives name and password for a token. A token is no credential here: who has one can narrow it.
pub(in crate::http) struct Owner {
    /// Who.
    pub(in crate::http) caller: Caller,
    /// What they send.
    pub(in crate::http) form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    ClientCredentials,
    Password,
}

impl FromRequest<SharedServices> for Owner {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let basic = match credentials::find(&parts.headers)? {
            Credential::Token(_) => return Err(OAuthError::PasswordNeeded.into()),
            Credential::Basic(basic) => Some(basic.unless_of_another_site(&parts)?),
            Credential::None => None,
        };
        let form = read(&parts, body, services).await?;
        let grant = match required(&form, "grant_type")? {
            "client_credentials" => Grant::ClientCredentials,
            "password" => Grant::Password,
            _ => return Err(OAuthError::UnsupportedGrantType.into()),
        };
        let header = basic.as_ref().map(|basic| (basic.username.as_str(), basic.password.as_str()));
        let (name, password) = claimed(header, &form, grant)?;
        let signed_in = Caller::sign_in(&parts, services, name, password).await;
        let caller = signed_in.map_err(|error| match error {
            // Whoever tried the header is told of it there (section 5.2).
            ApiError::BadCredentials if grant == Grant::Password && basic.is_none() => OAuthError::InvalidGrant.into(),
            error => error,
        })?;
        Ok(Self { caller, form })
    }
}

/// A parameter that must have a value.
pub(in crate::http) fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, ApiError> {
    form.value(name).ok_or_else(|| OAuthError::InvalidRequest(format!("The parameter {name} is missing")).into())
}

/// Reads a body to its end. One that is empty may be of any type.
async fn read(parts: &Parts, body: Body, services: &SharedServices) -> Result<Form, ApiError> {
    let bytes = whole(&parts.headers, body, services).await?;
    if !bytes.is_empty() && !has_type(&parts.headers, "application/x-www-form-urlencoded") {
        return Err(ApiError::UnsupportedMediaType);
    }
    form::parse(&bytes).map_err(|rule| OAuthError::InvalidRequest(rule.to_string()).into())
}

/// The name and the password that a request holds. It may hold them in more than one place, as RFC 6749 section 4.3.2 lets a
/// client authenticate beside its user; then they must be the same, as nobody but the user is known here.
fn claimed<'a>(
    header: Option<(&'a str, &'a str)>,
    form: &'a Form,
    grant: Grant,
) -> Result<(&'a str, &'a str), ApiError> {
    let of_client = match form.value("client_secret") {
        Some(secret) => Some((required(form, "client_id")?, secret)),
        None => None,
    };
    let of_user = match grant {
        Grant::Password => Some((required(form, "username")?, required(form, "password")?)),
        Grant::ClientCredentials => None,
    };
    let claims = [of_user, of_client, header];
    let mut claims = claims.iter().flatten();
    let first = *claims.next().ok_or(OAuthError::PasswordNeeded)?;
    if claims.any(|other| *other != first) {
        return Err(two_credentials());
    }
    // Without a secret it says who asks. Under the other grant that may be any program.
    match form.value("client_id") {
        Some(id) if id != first.0 && grant == Grant::ClientCredentials => Err(two_credentials()),
        _ => Ok(first),
    }
}

fn two_credentials() -> ApiError {
    OAuthError::InvalidRequest("The request has more than one credential; send one".to_owned()).into()
}
