//! Answers to requests that no route takes.

use crate::http::error::ApiError;

pub(in crate::http) async fn not_found() -> ApiError {
    ApiError::NotFound
}

pub(in crate::http) async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}
