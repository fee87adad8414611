//! What a path names.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::ApiError;
use crate::path_parameter::PathParameter;
use crate::state::SharedServices;

/// The parameters of a path, percent-decoded. A path that is not UTF-8 then names nothing.
pub(crate) struct InPath(Vec<(String, String)>);

impl InPath {
    /// Reads one of them.
    pub(crate) fn read<T>(&self, parameter: &PathParameter<T>) -> Result<T, ApiError> {
        let found = self.0.iter().find(|(name, _)| name == parameter.name);
        debug_assert!(found.is_some(), "the path has no {}", parameter.name);
        let (_, text) = found.ok_or(ApiError::NotFound)?;
        parameter.read(text)
    }
}

impl FromRequestParts<SharedServices> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, services).await;
        path.map(|Path(parameters)| Self(parameters)).map_err(|_| ApiError::NotFound)
    }
}
