//! A caller who may call an operation, by its rule.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::caller::SignedIn;
use super::credentials;
use crate::error::ApiError;
use crate::path_parameter::account;
use crate::rule::{Id, NEEDED_BY_NONE, NULL, Named, Rule, TargetNamed, TargetRule, token_owner};
use crate::state::SharedServices;
use zonemint_base::model::{Privilege, SubjectKind, User};
use zonemint_caveat::Operation;
use zonemint_service::caller::{Denied, Gains};

/// A caller who may call the operation `R`. Other callers cannot reach a handler that takes it.
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
        // The function below is compiled once, not for each operation.
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
        caller.allows(&named.operation(&own, path.as_deref().unwrap_or(NULL)))?;
    }
    match privilege {
        Some(privilege) if !caller.has(privilege) => Err(ApiError::Forbidden { hint: None }),
        _ => Ok(caller),
    }
}

/// The last parameter of the path; an account comes before it.
async fn last_in_path(parts: &mut Parts, services: &SharedServices) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, services).await.ok()?;
    parameters.iter().last().map(|(_, value)| value.to_owned())
}

/// A caller who may call the operation `R` on an account's tokens: the account itself, or a manager of tokens.
pub(crate) struct AuthorizedOn<R> {
    /// The caller.
    pub(crate) caller: SignedIn,
    /// The account.
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
        caller.allows(&named_by_rule.operation(kind, &account, last.as_deref().unwrap_or(NULL)))?;
    }
    let target = match named {
        None if caller.user.kind == kind => Arc::clone(&caller.user),
        None => {
            return Err(ApiError::Forbidden {
                hint: Some("this path is for the other kind of account: a user or a service"),
            });
        }
        Some(id) => {
            // Before the account is looked up, so the answer does not reveal whether it exists.
            let id = match account(kind).read(id) {
                Ok((_, id)) => caller.must_handle_tokens_of(id).map(|()| id)?,
                Err(error) if caller.has(Privilege::TokensManage) => return Err(error),
                Err(_) => return Err(Denied::NoPrivilege.into()),
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

/// What an operation is that anybody may ask for and that names nothing.
pub(crate) fn general<R: Rule>() -> Operation<'static> {
    R::OPERATION.operation(NULL, NULL)
}

/// What an operation on the account `id` is, which its path names.
pub(crate) fn on_account<R: Rule>(id: &str) -> Operation<'_> {
    R::OPERATION.operation(NULL, id)
}
