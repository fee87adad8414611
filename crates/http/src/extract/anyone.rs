//! A caller with or without credentials.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{SignedIn, notes_of, source_of};
use crate::error::ApiError;
use crate::state::SharedServices;
use zonemint_caveat::{Operation, PartyKind as _, ServiceType};
use zonemint_service::user::Source;

/// A caller who needs no credential. A credential, if given, must be valid.
pub(crate) struct Anyone {
    /// The account, if there is a credential.
    pub(crate) caller: Option<SignedIn>,
    /// The client's address, if it is known.
    pub(crate) client: Option<IpAddr>,
    /// The source, for throttling.
    pub(crate) source: Source,
}

impl Anyone {
    /// Whether the caller's token, if there is one, allows an operation.
    pub(crate) fn allows(&self, operation: &Operation<'_>) -> Result<(), ApiError> {
        self.caller.as_ref().map_or(Ok(()), |caller| caller.allows(operation))
    }
}

impl FromRequestParts<SharedServices> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        let notes = Arc::clone(notes_of(parts)?);
        // A token for any service may do what everybody may do.
        let caller = SignedIn::find(parts, services, ServiceType::ALL).await?;
        Ok(Self { caller, client: notes.client, source: source_of(&notes) })
    }
}
