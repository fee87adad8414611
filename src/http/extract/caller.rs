//! Who is calling, and what they may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::credentials::{self, Credential};
use crate::http::error::ApiError;
use crate::http::layer::Notes;
use crate::http::state::SharedServices;
use crate::model::User;
use crate::token::{Authority, Refused, VerifyError};

/// An authenticated user. A handler that takes it cannot be reached by anybody else.
#[derive(Debug, Clone)]
pub(in crate::http) struct Caller {
    /// Who.
    pub user: Arc<User>,
    /// With all of the user's rights, or those of a token.
    pub authority: Authority,
}

impl FromRequestParts<SharedServices> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        let notes = parts.extensions.get::<Arc<Notes>>();
        let Some(notes) = notes else { return Err(ApiError::Internal("a request without its envelope".to_owned())) };
        let caller = match credentials::find(&parts.headers)? {
            Credential::Basic(basic) => {
                let address = notes.peer.ip();
                let user = services.accounts.sign_in(&basic.username, &basic.password, address).await?;
                Self { user, authority: Authority::Full }
            }
            Credential::Token(text) => {
                let token = services.tokens.verify(text).await?;
                notes.token(token.id);
                let owner = services.accounts.active(token.user).await?;
                let user = owner.ok_or(VerifyError::Refused(Refused::Revoked))?;
                Self { user, authority: Authority::Confined(token.caveats) }
            }
        };
        notes.user(caller.user.id);
        Ok(caller)
    }
}
