//! A caller that may do what an operation's rule says.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::caller::SignedIn;
use super::credentials;
use crate::error::ApiError;
use crate::operation::{Id, NEEDED_BY_NONE, Named, Rule, TargetNamed, TargetRule};
use crate::state::SharedServices;
use zonemint_base::model::{Privilege, SubjectKind, User, UserId};
use zonemint_caveat::{Gri, GriScope, Operation, ServiceType};
use zonemint_service::caller::{Denied, Gains};

/// How `api` caveats name nothing in particular.
const NULL: &str = "null";
/// What stands before a path's first segment that tells whose tokens it is about.
const PREFIX: &str = "/api/v3/onezone/";

/// Somebody who may do the operation `R`. A handler that takes it cannot be reached by anybody else.
pub(crate) struct Authorized<R>(SignedIn, PhantomData<R>);

impl<R> Deref for Authorized<R> {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl<R: Rule> FromRequestParts<SharedServices> for Authorized<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        // What follows is compiled once, not once for each operation.
        let caller = if R::ANY_PASSWORD {
            SignedIn::find_with_any_password(parts, services, R::NEEDED_BY).await?
        } else {
            SignedIn::find(parts, services, R::NEEDED_BY).await?
        };
        let caller = authorized(caller, parts, services, R::OPERATION, R::PRIVILEGE).await?;
        if R::ENDS_MANY {
            caller.may_end_many()?;
        }
        Ok(Self(caller, PhantomData))
    }
}

async fn authorized(
    caller: Option<SignedIn>,
    parts: &mut Parts,
    services: &SharedServices,
    named: Named,
    privilege: Option<Privilege>,
) -> Result<SignedIn, ApiError> {
    let caller = caller.ok_or_else(|| credentials::none(&parts.headers))?;
    let is_about_caller = [named.id, named.aspect_id].contains(&Id::Caller);
    if is_about_caller && caller.user.kind != SubjectKind::User {
        return Err(ApiError::Forbidden { hint: Some("this operation is for users, and the caller is a service") });
    }
    if caller.has_api_caveats() {
        let own = caller.user.id.to_string();
        let is_in_path = [named.id, named.aspect_id].contains(&Id::Path);
        let path = if is_in_path { last_in_path(parts, services).await } else { None };
        let text = |id| match id {
            Id::Null => None,
            Id::Caller => Some(own.as_str()),
            Id::Path => Some(path.as_deref().unwrap_or(NULL)),
        };
        let (id, aspect_id) = (text(named.id).unwrap_or(NULL), text(named.aspect_id));
        let (aspect, scope) = (named.aspect, named.scope);
        let gri = Gri { entity_type: named.entity_type, id, aspect, aspect_id, scope };
        caller.allows(&Operation { service: ServiceType::OzWorker, kind: named.kind, gri })?;
    }
    match privilege {
        Some(privilege) if !caller.has(privilege) => Err(ApiError::Forbidden { hint: None }),
        _ => Ok(caller),
    }
}

/// What the path names last: an account stands before what is asked for of it.
async fn last_in_path(parts: &mut Parts, services: &SharedServices) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, services).await.ok()?;
    parameters.iter().last().map(|(_, value)| value.to_owned())
}

/// Somebody who may do the operation `R` to an account's tokens: the account itself, or who manages tokens.
pub(crate) struct AuthorizedOn<R> {
    /// Who asks.
    pub(crate) caller: SignedIn,
    /// Whose tokens.
    pub(crate) target: Arc<User>,
    rule: PhantomData<R>,
}

impl<R: TargetRule> FromRequestParts<SharedServices> for AuthorizedOn<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        let (caller, target) = authorized_on(parts, services, R::OPERATION, R::GAINS).await?;
        if R::ENDS_MANY {
            caller.may_end_many()?;
        }
        Ok(Self { caller, target, rule: PhantomData })
    }
}

async fn authorized_on(
    parts: &mut Parts,
    services: &SharedServices,
    named_by_rule: TargetNamed,
    gains: Gains,
) -> Result<(SignedIn, Arc<User>), ApiError> {
    let caller =
        SignedIn::find(parts, services, NEEDED_BY_NONE).await?.ok_or_else(|| credentials::none(&parts.headers))?;
    let last = if caller.has_api_caveats() { last_in_path(parts, services).await } else { None };
    let (kind, named) = token_owner(parts.uri.path());
    if caller.has_api_caveats() {
        let account = named.map_or_else(|| caller.user.id.to_string(), str::to_owned);
        caller.allows(&operation(named_by_rule, kind, &account, last.as_deref().unwrap_or(NULL)))?;
    }
    let target = match named {
        None if caller.user.kind == kind => Arc::clone(&caller.user),
        None => {
            return Err(ApiError::Forbidden {
                hint: Some("this path is for the other kind of account: a user or a service"),
            });
        }
        Some(id) => {
            let id = id.parse::<UserId>().ok();
            // Before it is known whether there is such an account.
            let id = match id {
                Some(id) => caller.must_handle_tokens_of(id).map(|()| id)?,
                None if caller.has(Privilege::TokensManage) => return Err(ApiError::NotFound),
                None => return Err(Denied::NoPrivilege.into()),
            };
            let user = services.accounts.get(id).await?;
            Arc::new(user.filter(|user| user.kind == kind).ok_or(ApiError::NotFound)?)
        }
    };
    if gains == Gains::Rights {
        caller.must_not_rise(&target)?;
    }
    Ok((caller, target))
}

/// Whose tokens a path is about: the caller's own, or those of an account that it names.
fn token_owner(path: &str) -> (SubjectKind, Option<&str>) {
    let mut segments = path.strip_prefix(PREFIX).unwrap_or_default().split('/');
    match segments.next() {
        Some("users") => (SubjectKind::User, segments.next()),
        Some("providers") => (SubjectKind::Provider, segments.next()),
        Some("provider") => (SubjectKind::Provider, None),
        _ => (SubjectKind::User, None),
    }
}

fn operation<'a>(named: TargetNamed, account: SubjectKind, id: &'a str, last_in_path: &'a str) -> Operation<'a> {
    let (kind, gri) = match named {
        TargetNamed::Tokens { kind, id: of_token, user, provider } => {
            let aspect = if account == SubjectKind::User { user } else { provider };
            let of_token = if of_token == Id::Path { last_in_path } else { NULL };
            (kind, Gri { entity_type: "token", id: of_token, aspect, aspect_id: Some(id), scope: GriScope::Private })
        }
        TargetNamed::Secret(kind) => {
            let aspect = if account == SubjectKind::User { "user" } else { "provider" };
            (kind, Gri { entity_type: "temporary_token_secret", id, aspect, aspect_id: None, scope: GriScope::Shared })
        }
    };
    Operation { service: ServiceType::OzWorker, kind, gri }
}

/// What an operation is, for those that anybody may ask for and that are about nothing in particular.
pub(crate) fn general<R: Rule>() -> Operation<'static> {
    let Named { kind, entity_type, aspect, scope, .. } = R::OPERATION;
    Operation {
        service: ServiceType::OzWorker,
        kind,
        gri: Gri { entity_type, id: NULL, aspect, aspect_id: None, scope },
    }
}

/// What an operation on the account `id` is, which its path names.
pub(crate) fn on_account<R: Rule>(id: &str) -> Operation<'_> {
    let Named { kind, entity_type, aspect, scope, .. } = R::OPERATION;
    Operation { service: ServiceType::OzWorker, kind, gri: Gri { entity_type, id, aspect, aspect_id: None, scope } }
}
