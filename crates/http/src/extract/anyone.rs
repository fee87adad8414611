//! Whoever calls, known or not.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{SignedIn, notes_of, source_of};
use crate::error::ApiError;
use crate::state::SharedServices;
use zonemint_caveat::{Operation, PartyKind as _, ServiceType};
use zonemint_service::user::Source;

/// Somebody who need not say who they are. A credential that is given all the same must be good.
pub(crate) struct Anyone {
    /// Who, if they say so.
    pub(crate) caller: Option<SignedIn>,
    /// Where from, if that is known.
    pub(crate) client: Option<IpAddr>,
    /// Where from, for throttling.
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
        // What anybody may do, a token for any service may do.
        let caller = SignedIn::find(parts, services, ServiceType::ALL).await?;
        Ok(Self { caller, client: notes.client, source: source_of(&notes) })
    }
}
