//! What an operation is: its method and path, its name in `api` caveats, which privilege it needs, which services need it, and what it
//! gives.
//!
//! Each operation is declared once, by [`operation!`] in its own file, beside its description and its handler. That makes it a type, so
//! that a handler's signature says what its caller may do: [`Authorized<ListUsers>`](super::extract::Authorized)
//! cannot be had without the right to list users. Names are those of Onezone's own resources, and in
//! their manner where Onezone has none.
//!
//! Where the next thing goes: an operation is a file below `api/`, and a word in the list of [`super::operations`].

use axum::routing::MethodRouter;

use super::openapi::Document;
use super::state::SharedServices;
use zonemint_base::model::Privilege;
use zonemint_caveat::{GriScope, OperationKind, ServiceType};
use zonemint_service::caller::Gains;

/// A method of some paths: what serves it, and what it does.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// In lower case.
    pub(super) method: &'static str,
    pub(super) paths: &'static [&'static str],
    /// The whole path of the module that it lies in.
    pub(super) module: &'static str,
    pub(super) service: MethodRouter<SharedServices>,
    pub(super) document: fn() -> Document,
}

impl Endpoint {
    /// Itself at each of its paths, below `prefix`.
    pub(super) fn at(self, prefix: &str) -> impl Iterator<Item = (String, Self)> + use<> {
        let path = |path: &&str| format!("{prefix}{path}");
        let paths: Vec<_> = self.paths.iter().map(path).collect();
        paths.into_iter().map(move |path| (path, self.clone()))
    }

    /// The module above its own.
    pub(super) fn area(&self) -> &'static str {
        self.module.rsplit("::").nth(1).unwrap_or_default()
    }
}

/// An operation that is not about one account's tokens.
pub(super) trait Rule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: Named;
    /// What the caller needs to be allowed to do it at all.
    const PRIVILEGE: Option<Privilege> = None;
    /// Which services do it with the tokens that users hand to them. A token whose `service` caveat names only other services
    /// than Onezone may do nothing else: see [`NEEDED_BY_NONE`].
    const NEEDED_BY: &'static [ServiceType] = NEEDED_BY_NONE;
    /// What the caller has of another account afterwards.
    const GAINS: Gains = Gains::Nothing;
    /// Whether it is done by a password that must be changed, too.
    const ANY_PASSWORD: bool = false;
    /// Whether it ends tokens without each being looked at: a token that is narrower than some of them may not do it. That is decided
    /// before the target and the body are looked at.
    const ENDS_MANY: bool = false;
}

/// What no service needs: whatever changes something, whatever is about tokens, keys, the audit trail, metrics or passwords, and
/// whatever is ours alone.
pub(super) const NEEDED_BY_NONE: &[ServiceType] = &[];
/// What providers and the panels need, as at Onezone: who the user is, and which services there are.
pub(super) const SERVICES: &[ServiceType] = &[ServiceType::OpWorker, ServiceType::OpPanel, ServiceType::OzPanel];
/// What only providers need: which spaces and groups the user belongs to.
pub(super) const PROVIDERS: &[ServiceType] = &[ServiceType::OpWorker];

/// An operation about the tokens of the caller itself, or of an account that its path names. No service needs one.
pub(super) trait TargetRule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: TargetNamed;
    /// What the caller has of the account afterwards.
    const GAINS: Gains = Gains::Nothing;
    /// As [`Rule::ENDS_MANY`].
    const ENDS_MANY: bool = false;
}

/// An operation's name in `api` caveats (`service/operation/type.id.aspect:scope`), but for the service, which is ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) kind: OperationKind,
    pub(super) entity_type: &'static str,
    pub(super) id: Id,
    pub(super) aspect: &'static str,
    /// What the aspect itself names.
    pub(super) aspect_id: Id,
    pub(super) scope: GriScope,
}

/// Which thing an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// None in particular.
    Null,
    /// The caller.
    Caller,
    /// The one that the path names as `{id}`, `{token}` or `{name}`.
    Path,
}

/// As [`Named`], for operations on an account's tokens, where the account is the aspect's id.
#[derive(Debug, Clone, Copy)]
pub(super) enum TargetNamed {
    /// On tokens: `token.<id>.<aspect>,<account>:private`, with one aspect for users and one for services. The id is the name
    /// of a token that the path has, or null.
    Tokens { kind: OperationKind, id: Id, user: &'static str, provider: &'static str },
    /// On what temporary tokens are made with: `temporary_token_secret.<account>.<account kind>:shared`.
    Secret(OperationKind),
}

/// Declares the operation of a file that has a `document` and a handler: `NAME: METHOD PATH HANDLER = NAME IN API CAVEATS`, and what
/// else [`Rule`] says, as words. `on PATH` is below an account's tokens, of which [`TargetRule`] tells. An operation without a rule of
/// its own is `METHOD PATHS HANDLER`. Words that say nothing else stand in a `doc` attribute, as what repeats must have a variable.
macro_rules! operation {
    ($method:ident $(on)? $($path:literal)+ $handler:ident) => {
        pub(crate) fn operation() -> $crate::operation::Endpoint {
            $crate::operation::Endpoint {
                method: stringify!($method),
                paths: &[$($path),+],
                module: module_path!(),
                service: axum::routing::$method($handler),
                document,
            }
        }
    };
    ($name:ident: $method:ident $path:literal $handler:ident = $kind:ident $type:literal $id:ident $aspect:literal $(($aspect_id:ident))? $scope:ident
        $(needs $privilege:ident)? $(, also by $services:ident)? $(, gains $gains:ident)? $(, with $any:ident password)? $(, ends $many:ident)?) => {
        operation! { $method $path $handler }

        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl $crate::operation::Rule for $name {
            const OPERATION: $crate::operation::Named = $crate::operation::Named {
                kind: zonemint_caveat::OperationKind::$kind,
                entity_type: $type,
                id: $crate::operation::Id::$id,
                aspect: $aspect,
                aspect_id: [$($crate::operation::Id::$aspect_id,)? $crate::operation::Id::Null][0],
                scope: zonemint_caveat::GriScope::$scope,
            };
            $(const PRIVILEGE: Option<zonemint_base::model::Privilege> = Some(zonemint_base::model::Privilege::$privilege);)?
            $(const NEEDED_BY: &'static [zonemint_caveat::ServiceType] = $crate::operation::$services;)?
            $(const GAINS: zonemint_service::caller::Gains = zonemint_service::caller::Gains::$gains;)?
            $(#[doc = stringify!($any)] const ANY_PASSWORD: bool = true;)?
            $(#[doc = stringify!($many)] const ENDS_MANY: bool = true;)?
        }
    };
    ($name:ident: $method:ident on $path:literal $handler:ident = $kind:ident $id:ident $user:literal $provider:literal
        $(, gains $gains:ident)? $(, ends $many:ident)?) => {
        operation! { $method on $path $handler }

        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl $crate::operation::TargetRule for $name {
            const OPERATION: $crate::operation::TargetNamed = $crate::operation::TargetNamed::Tokens {
                kind: zonemint_caveat::OperationKind::$kind,
                id: $crate::operation::Id::$id,
                user: $user,
                provider: $provider,
            };
            $(const GAINS: zonemint_service::caller::Gains = zonemint_service::caller::Gains::$gains;)?
            $(#[doc = stringify!($many)] const ENDS_MANY: bool = true;)?
        }
    };
}
