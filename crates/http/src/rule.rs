//! What each operation is called in `api` caveats, which privilege it needs, which services need it, and what it gives.
//!
//! Each operation is a type, so that a handler's signature says what its caller may do: [`Authorized<ListUsers>`](super::extract::Authorized)
//! cannot be had without the right to list users. Names are those of Onezone's own resources, and in
//! their manner where Onezone has none.
//!
//! Where the next thing goes: an operation is a line in one of the two tables.

use zonemint_base::model::Privilege;
use zonemint_caveat::{GriScope, OperationKind, ServiceType};
use zonemint_service::caller::Gains;

/// An operation that is not about one account's tokens.
pub(super) trait Rule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: Named;
    /// What the caller needs to be allowed to do it at all.
    const PRIVILEGE: Option<Privilege>;
    /// Which services do it with the tokens that users hand to them. A token whose `service` caveat names only other services
    /// than Onezone may do nothing else: see [`NEEDED_BY_NONE`].
    const NEEDED_BY: &'static [ServiceType];
    /// What the caller has of another account afterwards.
    const GAINS: Gains;
    /// Whether it is done by a password that must be changed, too.
    const ANY_PASSWORD: bool;
    /// Whether it ends tokens without each being looked at: a token that is narrower than some of them may not do it. That is decided
    /// before the target and the body are looked at.
    const ENDS_MANY: bool;
}

/// What no service needs: whatever changes something, whatever is about tokens, keys, the audit trail, metrics or passwords, and
/// whatever is ours alone.
pub(super) const NEEDED_BY_NONE: &[ServiceType] = &[];
/// What providers and the panels need, as at Onezone: who the user is, and which services there are.
const NEEDED_BY_SERVICES: &[ServiceType] = &[ServiceType::OpWorker, ServiceType::OpPanel, ServiceType::OzPanel];
/// What only providers need: which spaces and groups the user belongs to.
const NEEDED_BY_PROVIDERS: &[ServiceType] = &[ServiceType::OpWorker];

/// An operation about the tokens of the caller itself, or of an account that its path names. No service needs one.
pub(super) trait TargetRule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: TargetNamed;
    /// What the caller has of the account afterwards.
    const GAINS: Gains;
    /// As [`Rule::ENDS_MANY`].
    const ENDS_MANY: bool;
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

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $kind:ident $type:literal $id:ident $aspect:literal $(($aspect_id:ident))? $scope:ident $(needs $privilege:ident)?
        $(, also by $services:ident)? $(, gains $gains:ident)? $(, with $any:ident password)? $(, ends $many:ident)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub(super) struct $name;

            impl Rule for $name {
                const OPERATION: Named = Named {
                    kind: OperationKind::$kind,
                    entity_type: $type,
                    id: Id::$id,
                    aspect: $aspect,
                    aspect_id: rules!(@id $($aspect_id)?),
                    scope: GriScope::$scope,
                };
                const PRIVILEGE: Option<Privilege> = rules!(@privilege $($privilege)?);
                const NEEDED_BY: &'static [ServiceType] = rules!(@needed_by $($services)?);
                const GAINS: Gains = gains!($($gains)?);
                const ANY_PASSWORD: bool = rules!(@any_password $($any)?);
                const ENDS_MANY: bool = ends!($($many)?);
            }
        )*
    };
    (@any_password) => { false };
    (@any_password any) => { true };
    (@id) => { Id::Null };
    (@id $id:ident) => { Id::$id };
    (@privilege) => { None };
    (@privilege $privilege:ident) => { Some(Privilege::$privilege) };
    (@needed_by) => { NEEDED_BY_NONE };
    (@needed_by services) => { NEEDED_BY_SERVICES };
    (@needed_by providers) => { NEEDED_BY_PROVIDERS };
}

macro_rules! ends {
    () => {
        false
    };
    (many) => {
        true
    };
}

macro_rules! gains {
    () => {
        Gains::Nothing
    };
    (rights) => {
        Gains::Rights
    };
}

rules! {
    /// `GET /user`
    ShowSelf: Get "user" Caller "instance" Protected, also by services;
    /// `PATCH /user`
    UpdateSelf: Update "user" Caller "instance" Private;
    /// `DELETE /user`
    DeleteSelf: Delete "user" Caller "instance" Private, ends many;
    /// `PATCH /user/password`
    UpdatePassword: Update "user" Caller "password" Private, with any password;
    /// `POST /password_reset`
    ResetPassword: Create "user" Null "password_reset" Public;
    /// `POST /user/client_tokens`
    CreateClientToken: Create "user" Caller "client_tokens" Private;
    /// `GET /user/client_tokens`
    ListClientTokens: Get "user" Caller "client_tokens" Private;
    /// `DELETE /user/client_tokens/{token}`
    DeleteClientToken: Delete "user" Caller "client_token" (Path) Private;
    /// `POST /users`
    CreateUser: Create "user" Null "instance" Private needs UsersCreate;
    /// `GET /users`
    ListUsers: Get "user" Null "list" Private needs UsersList;
    /// `GET /users/{id}`
    ShowUser: Get "user" Path "instance" Protected needs UsersView, also by services;
    /// `DELETE /users/{id}`
    DeleteUser: Delete "user" Path "instance" Private needs UsersDelete, ends many;
    /// `PATCH /users/{id}/basic_auth`
    UpdateBasicAuth: Update "user" Path "basic_auth" Private needs UsersManagePasswords, gains rights;
    /// `POST /users/{id}/password_reset`
    CreateResetLink: Create "user" Path "password_reset" Private needs UsersManagePasswords, gains rights;
    /// `GET /users/{id}/privileges`
    ShowPrivileges: Get "user" Path "oz_privileges" Private needs UsersView;
    /// `PATCH /users/{id}/privileges`
    UpdatePrivileges: Update "user" Path "oz_privileges" Private needs UsersManagePrivileges;
    /// `PATCH /users/{id}/access_block`
    UpdateAccessBlock: Update "user" Path "access_block" Private needs UsersUpdate;
    /// `GET /providers`
    ListProviders: Get "provider" Null "list" Private needs ProvidersList, also by services;
    /// `POST /providers`
    CreateProvider: Create "provider" Null "instance" Private needs ProvidersCreate;
    /// `GET /providers/{id}`
    ShowProvider: Get "provider" Path "instance" Protected needs ProvidersView, also by services;
    /// `DELETE /providers/{id}`
    DeleteProvider: Delete "provider" Path "instance" Private needs ProvidersDelete, ends many;
    /// `PATCH /providers/{id}/access_block`
    BlockProvider: Update "provider" Path "access_block" Private needs ProvidersUpdate;
    /// `GET /configuration`
    ShowConfiguration: Get "oz_worker" Null "configuration" Private;
    /// `GET /provider/public/get_current_time`
    ShowTime: Get "provider" Null "current_time" Private;
    /// `GET /user/spaces`
    ListSpaces: Get "user" Caller "spaces" Private, also by providers;
    /// `GET /user/effective_spaces`
    ListEffectiveSpaces: Get "user" Caller "eff_spaces" Private, also by providers;
    /// `GET /user/effective_providers`
    ListEffectiveProviders: Get "user" Caller "eff_providers" Private;
    /// `GET /user/effective_providers/{id}/spaces`
    ListSupportedSpaces: Get "provider" Path "user_spaces" (Caller) Private, also by providers;
    /// `GET /user/groups`
    ListGroups: Get "user" Caller "groups" Private, also by providers;
    /// `GET /user/effective_groups`
    ListEffectiveGroups: Get "user" Caller "eff_groups" Private, also by providers;
    /// `GET /keys`
    ListKeys: Get "key" Null "list" Private needs KeysManage;
    /// `POST /keys/rotate`
    RotateKey: Create "key" Null "instance" Private needs KeysManage;
    /// `POST /keys/{id}/activate`
    ActivateKey: Update "key" Path "activation" Private needs KeysManage;
    /// `POST /keys/{id}/retire`
    RetireKey: Update "key" Path "retirement" Private needs KeysManage, ends many;
    /// `GET /audit`
    ListAudit: Get "audit" Null "list" Private needs AuditView;
    /// `GET /metrics`
    ReadMetrics: Get "metrics" Null "instance" Private needs MetricsView;
    /// `GET /tokens/named`
    ListAllNamedTokens: Get "token" Null "list" Private needs TokensManage;
    /// `GET /tokens/named/{id}`
    ShowNamedToken: Get "token" Path "instance" Private, gains rights;
    /// `PATCH /tokens/named/{id}`
    UpdateNamedToken: Update "token" Path "instance" Private;
    /// `DELETE /tokens/named/{id}`
    DeleteNamedToken: Delete "token" Path "instance" Private;
    /// `GET /tokens/named/{id}/status`
    ShowTokenStatus: Get "token" Path "instance" Shared;
    /// `GET /tokens/named/{id}/history`
    ShowTokenHistory: Get "token" Path "history" Private;
    /// `POST /tokens/{id}/rotate`
    RotateToken: Create "token" Path "rotation" Private, gains rights;
}

const fn tokens(kind: OperationKind, user: &'static str, provider: &'static str) -> TargetNamed {
    TargetNamed::Tokens { kind, id: Id::Null, user, provider }
}

const fn token_of_name(kind: OperationKind, user: &'static str, provider: &'static str) -> TargetNamed {
    TargetNamed::Tokens { kind, id: Id::Path, user, provider }
}

macro_rules! target_rules {
    ($($(#[$doc:meta])* $name:ident $(gains $gains:ident)? $(ends $many:ident)?: $named:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub(super) struct $name;

            impl TargetRule for $name {
                const OPERATION: TargetNamed = $named;
                const GAINS: Gains = gains!($($gains)?);
                const ENDS_MANY: bool = ends!($($many)?);
            }
        )*
    };
}

target_rules! {
    /// `POST …/tokens/named`
    CreateNamedToken gains rights: tokens(OperationKind::Create, "user_named_token", "provider_named_token");
    /// `GET …/tokens/named`
    ListNamedTokens: tokens(OperationKind::Get, "user_named_tokens", "provider_named_tokens");
    /// `DELETE …/tokens/named`
    DeleteNamedTokens ends many: tokens(OperationKind::Delete, "user_named_tokens", "provider_named_tokens");
    /// `GET …/tokens/named/name/{name}`
    ShowTokenByName gains rights: token_of_name(OperationKind::Get, "user_named_token", "provider_named_token");
    /// `POST …/tokens/temporary`
    CreateTemporaryToken gains rights: tokens(OperationKind::Create, "user_temporary_token", "provider_temporary_token");
    /// `GET …/tokens/temporary`
    ShowGeneration: TargetNamed::Secret(OperationKind::Get);
    /// `DELETE …/tokens/temporary`
    DeleteTemporaryTokens ends many: tokens(OperationKind::Delete, "user_temporary_tokens", "provider_temporary_tokens");
    /// `GET …/tokens`
    ListTokens: tokens(OperationKind::Get, "user_tokens", "provider_tokens");
    /// `GET …/tokens/uses`
    ListUses: tokens(OperationKind::Get, "user_token_uses", "provider_token_uses");
    /// `POST …/tokens/revoke`
    RevokeTokens ends many: tokens(OperationKind::Delete, "user_tokens", "provider_tokens");
}
