//! The caller, and its rights.

use std::net::IpAddr;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::credentials::{self, Credential};
use crate::error::{ApiError, TokenError};
use crate::layer::Notes;
use crate::state::Services;
use zonemint_base::model::{SubjectKind, User, UserName};
use zonemint_caveat::{Caveat, Consumer, Interface, Operation, Request, Service, ServiceType, TokenKind};
use zonemint_service::caller::{Authority, Caller};
use zonemint_service::token::{self, Authenticated};
use zonemint_service::user::{PasswordField, PresentedPassword, Source};
use zonemint_store as store;

const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-onedata-service-token");
const CONSUMER_TOKEN: HeaderName = HeaderName::from_static("x-onedata-consumer-token");
/// The user name before a token of any owner, as programs that upload Python packages send it. No user can have it.
const ANY_OWNER: &str = "__token__";

/// An authenticated user or service.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// The account.
    pub user: Arc<User>,
    /// The source, for throttling.
    pub source: Source,
    caller: Caller,
}

impl Deref for SignedIn {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// The ways to read a name and a password.
#[derive(Clone, Copy)]
pub(super) enum Readings<'a> {
    /// One way only.
    One(&'a str, PresentedPassword<'a>),
    /// The password as sent, or percent-decoded.
    Either(&'a str, [PresentedPassword<'a>; 2]),
}

impl SignedIn {
    /// Authenticates the caller. None without a credential; a credential that is not valid is always an error.
    /// `needed_by` is that of the operation's rule ([`Rule::NEEDED_BY`](crate::rule::Rule::NEEDED_BY)).
    pub(super) async fn find(
        parts: &Parts,
        services: &Services,
        needed_by: &[ServiceType],
    ) -> Result<Option<Self>, ApiError> {
        match credentials::find(&parts.headers)? {
            Credential::None => Ok(None),
            Credential::Basic(basic) => {
                let basic = basic.unless_of_another_site(parts)?;
                Self::named(parts, services, needed_by, &basic.username, &basic.password).await.map(Some)
            }
            Credential::Token(text) => Self::by_token(parts, services, needed_by, text, None).await.map(Some),
        }
    }

    /// As [`SignedIn::find`], but also accepts a password that must be changed.
    pub(super) async fn find_with_any_password(
        parts: &Parts,
        services: &Services,
        needed_by: &[ServiceType],
    ) -> Result<Option<Self>, ApiError> {
        if let Credential::Basic(basic) = credentials::find(&parts.headers)? {
            let basic = basic.unless_of_another_site(parts)?;
            if let PasswordField::Password(password) = PasswordField::read(&basic.password) {
                return Self::by_password(parts, services, Readings::One(&basic.username, password)).await.map(Some);
            }
        }
        Self::find(parts, services, needed_by).await
    }

    /// Authenticates by a name, with a password or with a token in its place, from any part of the request.
    pub(super) async fn named(
        parts: &Parts,
        services: &Services,
        needed_by: &[ServiceType],
        name: &str,
        secret: &str,
    ) -> Result<Self, ApiError> {
        match PasswordField::read(secret) {
            PasswordField::Token(text) => Self::by_token(parts, services, needed_by, text, Some(name)).await,
            PasswordField::Password(password) => Self::sign_in(parts, services, Readings::One(name, password)).await,
        }
    }

    /// Authenticates the holder of a token. `name` is the user name before a token in the place of a password.
    pub(super) async fn by_token(
        parts: &Parts,
        services: &Services,
        needed_by: &[ServiceType],
        text: &str,
        name: Option<&str>,
    ) -> Result<Self, ApiError> {
        let notes = notes_of(parts)?;
        let (token, user) = services
            .tokens
            .as_one_read(pin!(async {
                let request = used(&parts.headers, services, notes, Some(Service::onezone())).await?;
                let token = services.tokens.verify(text, request).await.map_err(ApiError::unauthorized)?;
                notes.token(token.id);
                let user = subject_of(&token, name, services).await?.map_err(ApiError::Unauthorized)?;
                Ok::<_, ApiError>((token, user))
            }))
            .await?;
        let shown = store::Caller::by_token(user.id, token.parent, token.valid_until()).of_request(notes.origin);
        let caller = Caller::account(Arc::clone(&user), Authority::Confined(token.caveats), shown);
        let caller = Self { user, source: source_of(notes), caller };
        notes.user(caller.user.id);
        caller.may_be_handed_on(needed_by)?;
        Ok(caller)
    }

    /// Refuses a token that was given to a service which does not need the operation. A token may be given to the services that each of
    /// its `service` caveats lists. If a list lacks this server, only another service can have sent the token.
    fn may_be_handed_on(&self, needed_by: &[ServiceType]) -> Result<(), ApiError> {
        match handed_to_others(self.authority().caveats(), needed_by) {
            None => Ok(()),
            Some(caveat) => Err(ApiError::Unauthorized(TokenError::TokenCaveatUnverified(caveat.clone()))),
        }
    }

    /// Signs a user in by name and password, from any part of the request, unless the password must be changed first.
    pub(super) async fn sign_in(parts: &Parts, services: &Services, readings: Readings<'_>) -> Result<Self, ApiError> {
        let caller = Self::by_password(parts, services, readings).await?;
        if caller.user.must_change { Err(ApiError::PasswordChangeRequired) } else { Ok(caller) }
    }

    async fn by_password(parts: &Parts, services: &Services, readings: Readings<'_>) -> Result<Self, ApiError> {
        let notes = notes_of(parts)?;
        let source = source_of(notes);
        let user = match readings {
            Readings::One(name, password) => services.accounts.sign_in(name, password, source).await?,
            Readings::Either(name, either) => services.accounts.sign_in_by_either(name, either, source).await?,
        };
        notes.user(user.id);
        let shown = store::Caller::by_password(user.id, user.password_version).of_request(notes.origin);
        Ok(Self { caller: Caller::account(Arc::clone(&user), Authority::Full, shown), user, source })
    }

    /// Checks that the caller's token allows an operation: all of its `api` caveats must.
    pub(crate) fn allows(&self, operation: &Operation<'_>) -> Result<(), ApiError> {
        let refused = |caveat: &Caveat| ApiError::Unauthorized(TokenError::TokenCaveatUnverified(caveat.clone()));
        self.caller.allows(operation).map_err(refused)
    }
}

/// The first `service` caveat that lists neither this Onezone nor a service that needs the operation.
fn handed_to_others<'a>(caveats: &'a [Caveat], needed_by: &[ServiceType]) -> Option<&'a Caveat> {
    caveats.iter().find(|caveat| {
        let Caveat::Service(listed) = caveat else { return false };
        !listed.allow(&Service::onezone())
            && !listed.entries().iter().any(|service| needed_by.contains(&service.kind()))
    })
}

pub(super) fn source_of(notes: &Notes) -> Source {
    Source { address: notes.address(), origin: Some(notes.origin) }
}

pub(super) fn notes_of(parts: &Parts) -> Result<&Arc<Notes>, ApiError> {
    let none = || ApiError::Internal("a request without its envelope".to_owned());
    parts.extensions.get::<Arc<Notes>>().ok_or_else(none)
}

/// Returns a token's subject, which must exist and not be blocked. The use of the token is then counted. The `name` is the user name
/// before a token in the place of a password.
pub(crate) async fn subject_of(
    token: &Authenticated,
    name: Option<&str>,
    services: &Services,
) -> Result<Result<Arc<User>, TokenError>, ApiError> {
    let is_named = |user: &User| {
        let is_called = |name| UserName::parse(name).is_ok_and(|name| user.is_called(&name));
        name.is_none_or(|name| name == ANY_OWNER || is_called(name))
    };
    Ok(match services.accounts.remembered_user(token.subject.id).await? {
        None => Err(TokenError::TokenSubjectInvalid),
        Some(user) if !is_named(&user) => Err(TokenError::TokenSubjectInvalid),
        Some(user) if user.kind != token.subject.kind => Err(TokenError::TokenSubjectInvalid),
        Some(user) if user.blocked => Err(TokenError::UserBlocked),
        Some(user) => {
            services.tokens.count(token);
            Ok(user)
        }
    })
}

/// What is known of the use of an access token from a request's header. Without another service's proof of its
/// identity, the token was given to the service `here`.
pub(super) async fn used(
    headers: &HeaderMap,
    services: &Services,
    notes: &Notes,
    here: Option<Service>,
) -> Result<Request, ApiError> {
    let rest = Some(Interface::Rest);
    let text = single(headers, &SERVICE_TOKEN, TokenError::BadServiceToken)?;
    let service = service_of(text, services, notes.client, rest, ApiError::Unauthorized).await?.or(here);
    let text = single(headers, &CONSUMER_TOKEN, TokenError::BadConsumerToken)?;
    let consumer = consumer_of(text, services, notes.client, rest, ApiError::Unauthorized).await?;
    Ok(Request { peer: notes.client, service, consumer, interface: rest, ..services.tokens.request(TokenKind::Access) })
}

/// The service whose identity a token proves, if there is a token. It came from `peer` through `interface`. `refused` is the error for a
/// token that proves none.
pub(crate) async fn service_of(
    text: Option<&str>,
    services: &Services,
    peer: Option<IpAddr>,
    interface: Option<Interface>,
    refused: fn(TokenError) -> ApiError,
) -> Result<Option<Service>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let verdict = services.tokens.verify(text, identity(services, peer, interface)).await;
    let service = proven(verdict, services).await?.and_then(|token| {
        let kind = token.service.unwrap_or(ServiceType::OpWorker);
        Some(token.subject)
            .filter(|subject| subject.kind == SubjectKind::Provider)
            .and_then(|subject| Service::new(kind, &subject.id.to_string()))
            .ok_or(TokenError::TokenInvalid)
    });
    service.map(Some).map_err(|why| refused(TokenError::BadServiceToken(Box::new(why))))
}

/// As [`service_of`], for the consumer whose identity a token proves.
pub(crate) async fn consumer_of(
    text: Option<&str>,
    services: &Services,
    peer: Option<IpAddr>,
    interface: Option<Interface>,
    refused: fn(TokenError) -> ApiError,
) -> Result<Option<Consumer>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let verdict = services.tokens.verify(text, identity(services, peer, interface)).await;
    consumer(proven(verdict, services).await?, refused)
}

/// As [`consumer_of`], to infer the scope of an access token, through any interface.
pub(crate) async fn consumer_for_scope(
    text: Option<&str>,
    services: &Services,
    peer: Option<IpAddr>,
) -> Result<Option<Consumer>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let verdict = services.tokens.verify_consumer_for_scope(text, identity(services, peer, None)).await;
    consumer(proven(verdict, services).await?, ApiError::Token)
}

fn identity(services: &Services, peer: Option<IpAddr>, interface: Option<Interface>) -> Request {
    Request { peer, interface, ..services.tokens.request(TokenKind::Identity) }
}

fn consumer(
    proof: Result<Authenticated, TokenError>,
    refused: fn(TokenError) -> ApiError,
) -> Result<Option<Consumer>, ApiError> {
    let consumer = proof.and_then(|token| token::consumer(token.subject).ok_or(TokenError::TokenSubjectInvalid));
    consumer.map(Some).map_err(|why| refused(TokenError::BadConsumerToken(Box::new(why))))
}

async fn proven(
    verdict: Result<Authenticated, token::VerifyError>,
    services: &Services,
) -> Result<Result<Authenticated, TokenError>, ApiError> {
    match verdict {
        Ok(token) => Ok(subject_of(&token, None, services).await?.map(|_| token)),
        Err(token::VerifyError::Refused(why)) => Ok(Err(TokenError::of(&why, TokenKind::Identity))),
        Err(token::VerifyError::Store(error)) => Err(error.into()),
    }
}

/// The token in a header for services or consumers. `bad` is the error for a token that cannot be read: it is not the caller's own.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    bad: fn(Box<TokenError>) -> TokenError,
) -> Result<Option<&'a str>, ApiError> {
    let value = credentials::once(headers, name, "The request has one of its X-Onedata headers more than once")?;
    let unreadable = |_| ApiError::Unauthorized(bad(Box::new(TokenError::bad("the text is not ASCII"))));
    value.map(|value| std::str::from_utf8(value).map_err(unreadable)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_caveat_never_lets_a_service_do_more() {
        let services = ["ozw-onezone", "ozw-*", "ozw-a", "ozp-onezone", "ozp-*", "opw-*", "opw-a", "opp-*", "opp-a"];
        let of_two = |one: &&str| services.map(|other| format!("service = {one}|{other}"));
        let texts = services.iter().flat_map(of_two).chain(["data.readonly".to_owned(), "time < 1".to_owned()]);
        let caveats: Vec<_> = texts.map(|text| Caveat::parse(text.as_bytes()).unwrap()).collect();
        let kinds = [ServiceType::OpWorker, ServiceType::OpPanel, ServiceType::OzPanel];
        for (needed_by, first) in
            [&kinds[..0], &kinds[..1], &kinds].into_iter().flat_map(|by| caveats.iter().map(move |one| (by, one)))
        {
            let alone = handed_to_others(std::slice::from_ref(first), needed_by);
            for second in &caveats {
                let both = [first.clone(), second.clone()];
                assert!(alone.is_none() || handed_to_others(&both, needed_by) == alone, "{first} {second}");
                let swapped = [second.clone(), first.clone()];
                assert!(alone.is_none() || handed_to_others(&swapped, needed_by).is_some(), "{second} {first}");
            }
        }
    }
}
