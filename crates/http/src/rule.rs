//! What a caller must have for an operation, and what the operation is called.
//!
//! A rule is a type, so a handler's signature says what its caller may do: [`Authorized<ListUsers>`](super::extract::Authorized)
//! exists only for a caller who may list users. [`operation!`] writes the rules. Names are those of Onezone's own resources, or follow
//! their pattern where Onezone has none.

use super::paths::PREFIX;
use zonemint_base::model::{Privilege, SubjectKind};
use zonemint_caveat::{Gri, GriScope, Operation, OperationKind, ServiceType};
use zonemint_service::caller::Gains;

/// The rule of an operation that is not about one account's tokens.
pub(super) trait Rule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: Named;
    /// The privilege that the caller needs.
    const PRIVILEGE: Option<Privilege> = None;
    /// The services that call it with tokens that users give them. A token whose `service` caveat does not name Onezone can do nothing
    /// else: see [`NEEDED_BY_NONE`].
    const NEEDED_BY: &'static [ServiceType] = NEEDED_BY_NONE;
    /// What the caller has of another account afterwards.
    const GAINS: Gains = Gains::Nothing;
    /// Whether it also accepts a password that must be changed.
    const ANY_PASSWORD: bool = false;
    /// Whether it ends tokens without a check of each. A caller whose token is narrower than some of them is refused, before the target
    /// and the body are read.
    const ENDS_MANY: bool = false;
}

/// For operations that no service needs: those that change something, those about tokens, keys, the audit trail, metrics or passwords,
/// and those that Onezone does not have.
pub(super) const NEEDED_BY_NONE: &[ServiceType] = &[];
/// For what providers and panels need, as at Onezone: the user's identity, and the list of services.
pub(super) const SERVICES: &[ServiceType] = &[ServiceType::OpWorker, ServiceType::OpPanel, ServiceType::OzPanel];
/// For what only providers need: the user's spaces and groups.
pub(super) const PROVIDERS: &[ServiceType] = &[ServiceType::OpWorker];

/// The rule of an operation about the caller's tokens, or those of an account that its path names. No service needs one.
pub(super) trait TargetRule: Send + Sync + 'static {
    /// Its name in `api` caveats.
    const OPERATION: TargetNamed;
    /// What the caller has of the account afterwards.
    const GAINS: Gains = Gains::Nothing;
    /// As [`Rule::ENDS_MANY`].
    const ENDS_MANY: bool = false;
}

/// An operation's name in `api` caveats (`service/operation/type.id.aspect:scope`), without the service, which is always this one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) kind: OperationKind,
    pub(super) entity_type: &'static str,
    pub(super) id: Id,
    pub(super) aspect: &'static str,
    /// The id of the aspect.
    pub(super) aspect_id: Id,
    pub(super) scope: GriScope,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// Nothing in particular.
    Null,
    /// The caller.
    Caller,
    /// What the path names as `{id}`, `{token}` or `{name}`.
    Path,
}

/// As [`Named`], for operations on an account's tokens, where the account is the aspect's id.
#[derive(Debug, Clone, Copy)]
pub(super) enum TargetNamed {
    /// On tokens: `token.<id>.<aspect>,<account>:private`, with one aspect for users and one for services. The id is a token's name from
    /// the path, or null.
    Tokens { kind: OperationKind, id: Id, user: &'static str, provider: &'static str },
    /// On the secret of temporary tokens: `temporary_token_secret.<account>.<account kind>:shared`.
    Secret(OperationKind),
}

/// How `api` caveats name nothing in particular.
pub(super) const NULL: &str = "null";

impl Named {
    /// What the operation is, by the id of its caller and by what its path names last.
    pub(super) fn operation<'a>(self, caller: &'a str, in_path: &'a str) -> Operation<'a> {
        let text = |id| match id {
            Id::Null => None,
            Id::Caller => Some(caller),
            Id::Path => Some(in_path),
        };
        let Self { kind, entity_type, aspect, scope, .. } = self;
        let (id, aspect_id) = (text(self.id).unwrap_or(NULL), text(self.aspect_id));
        Operation { service: ServiceType::OzWorker, kind, gri: Gri { entity_type, id, aspect, aspect_id, scope } }
    }
}

impl TargetNamed {
    /// What the operation is on the tokens of an account. `in_path` is what the path names last.
    pub(super) fn operation<'a>(self, account: SubjectKind, id: &'a str, in_path: &'a str) -> Operation<'a> {
        let (kind, gri) = match self {
            Self::Tokens { kind, id: of_token, user, provider } => {
                let aspect = if account == SubjectKind::User { user } else { provider };
                let of_token = if of_token == Id::Path { in_path } else { NULL };
                let scope = GriScope::Private;
                (kind, Gri { entity_type: "token", id: of_token, aspect, aspect_id: Some(id), scope })
            }
            Self::Secret(kind) => {
                let aspect = if account == SubjectKind::User { "user" } else { "provider" };
                let scope = GriScope::Shared;
                (kind, Gri { entity_type: "temporary_token_secret", id, aspect, aspect_id: None, scope })
            }
        };
        Operation { service: ServiceType::OzWorker, kind, gri }
    }
}

/// Whose tokens a path is about: the caller's own, or those of an account that it names.
pub(super) fn token_owner(path: &str) -> (SubjectKind, Option<&str>) {
    let mut segments = path.strip_prefix(PREFIX).unwrap_or_default().split('/').skip(1);
    match segments.next() {
        Some("users") => (SubjectKind::User, segments.next()),
        Some("providers") => (SubjectKind::Provider, segments.next()),
        Some("provider") => (SubjectKind::Provider, None),
        _ => (SubjectKind::User, None),
    }
}
