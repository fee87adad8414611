//! What paths name: how each parameter is read, and what the document says of it.
//!
//! A document lists the parameters of its operation's path, which must be those in the path; the handler reads them by the same constants.

use zonemint_base::model::{KeyId, SubjectKind, TokenName, UserId};

use super::error::ApiError;

/// A parameter of a path.
pub(super) struct PathParameter<T> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    parse: fn(&str) -> Option<T>,
}

/// An id with the kind of its account: users are no services.
pub(super) type AccountId = (SubjectKind, UserId);

pub(super) const USER: PathParameter<AccountId> =
    PathParameter { name: "id", about: "A user's id", parse: |text| Some((SubjectKind::User, text.parse().ok()?)) };
pub(super) const SERVICE: PathParameter<AccountId> = PathParameter {
    name: "id",
    about: "A service's id",
    parse: |text| Some((SubjectKind::Provider, text.parse().ok()?)),
};
pub(super) const KEY: PathParameter<KeyId> =
    PathParameter { name: "id", about: LISTED, parse: |text| text.parse().ok() };
/// A token, or a service of a Onezone. Unknown ones are for the services to refuse.
pub(super) const ANY_ID: PathParameter<String> =
    PathParameter { name: "id", about: LISTED, parse: |text| Some(text.to_owned()) };
pub(super) const CLIENT_TOKEN: PathParameter<String> =
    PathParameter { name: "token", about: "A token's text, or its identifier", parse: |text| Some(text.to_owned()) };
pub(super) const TOKEN_NAME: PathParameter<TokenName> =
    PathParameter { name: "name", about: "A token's name", parse: |text| TokenName::parse(text).ok() };

/// An account whose tokens a path is about.
pub(super) const fn account(kind: SubjectKind) -> PathParameter<AccountId> {
    match kind {
        SubjectKind::User => USER,
        SubjectKind::Provider => SERVICE,
    }
}

const LISTED: &str = "An id, as in the lists";

impl<T> PathParameter<T> {
    /// Reads what stands in a path. What cannot be of this kind names nothing.
    pub(super) fn read(&self, text: &str) -> Result<T, ApiError> {
        (self.parse)(text).ok_or(ApiError::NotFound)
    }
}
