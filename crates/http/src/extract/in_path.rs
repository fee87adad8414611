//! The one thing that a path names.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::ApiError;
use crate::state::SharedServices;

/// What stands in a path for its only parameter, percent-decoded. What is not UTF-8 then names nothing.
pub(crate) struct InPath(pub String);

impl FromRequestParts<SharedServices> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, services).await;
        path.map(|Path(text)| Self(text)).map_err(|_| ApiError::NotFound)
    }
}
