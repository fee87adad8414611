//! The name by which a client reached this server.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::answer::Base;
use crate::error::ApiError;
use crate::state::SharedServices;

impl FromRequestParts<SharedServices> for Base {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        Ok(Self::of(parts, &services.tokens.settings().domain))
    }
}
