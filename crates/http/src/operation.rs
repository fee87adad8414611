//! What an operation is: a method of some paths, its handler and its description.
//!
//! Each operation is declared once, by `operation!` in its own file, with its [rule](super::rule), its description and its handler.
//!
//! Where the next thing goes: an operation is a file below `api/`, and a word in the list of [`super::operations`].

use axum::routing::MethodRouter;

use super::openapi::Document;
use super::state::SharedServices;

/// A method of some paths: its handler and its description.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// In lower case.
    pub(super) method: &'static str,
    pub(super) paths: &'static [&'static str],
    /// The whole path of its module.
    pub(super) module: &'static str,
    pub(super) service: MethodRouter<SharedServices>,
    pub(super) document: fn() -> Document,
}

impl Endpoint {
    /// The endpoint at each of its paths, below `prefix`.
    pub(super) fn at(self, prefix: &str) -> impl Iterator<Item = (String, Self)> + use<> {
        let path = |path: &&str| format!("{prefix}{path}");
        let paths: Vec<_> = self.paths.iter().map(path).collect();
        paths.into_iter().map(move |path| (path, self.clone()))
    }
}

/// Declares the operation of a file that has a `document` and a handler: `NAME: METHOD PATH HANDLER = NAME IN API CAVEATS`, and the rest of
/// its [`Rule`](super::rule::Rule) in words. `on PATH` is below an account's tokens, with a [`TargetRule`](super::rule::TargetRule). An
/// operation without a rule is `METHOD PATHS HANDLER`.
macro_rules! operation {
    (@with any) => { true };
    (@ends many) => { true };
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

        impl $crate::rule::Rule for $name {
            const OPERATION: $crate::rule::Named = $crate::rule::Named {
                kind: zonemint_caveat::OperationKind::$kind,
                entity_type: $type,
                id: $crate::rule::Id::$id,
                aspect: $aspect,
                aspect_id: [$($crate::rule::Id::$aspect_id,)? $crate::rule::Id::Null][0],
                scope: zonemint_caveat::GriScope::$scope,
            };
            $(const PRIVILEGE: Option<zonemint_base::model::Privilege> = Some(zonemint_base::model::Privilege::$privilege);)?
            $(const NEEDED_BY: &'static [zonemint_caveat::ServiceType] = $crate::rule::$services;)?
            $(const GAINS: zonemint_service::caller::Gains = zonemint_service::caller::Gains::$gains;)?
            $(const ANY_PASSWORD: bool = operation!(@with $any);)?
            $(const ENDS_MANY: bool = operation!(@ends $many);)?
        }
    };
    ($name:ident: $method:ident on $path:literal $handler:ident = $kind:ident $id:ident $user:literal $provider:literal
        $(, gains $gains:ident)? $(, ends $many:ident)?) => {
        operation! { $method on $path $handler }

        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl $crate::rule::TargetRule for $name {
            const OPERATION: $crate::rule::TargetNamed = $crate::rule::TargetNamed::Tokens {
                kind: zonemint_caveat::OperationKind::$kind,
                id: $crate::rule::Id::$id,
                user: $user,
                provider: $provider,
            };
            $(const GAINS: zonemint_service::caller::Gains = zonemint_service::caller::Gains::$gains;)?
            $(const ENDS_MANY: bool = operation!(@ends $many);)?
        }
    };
}
