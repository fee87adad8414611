//! Reading what stands in a path's query.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;

use super::error::{ApiError, DataError};

/// What a query may hold, if it can be read.
pub(super) fn read<T>(asked: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    asked.map(|Query(asked)| asked).map_err(|_| DataError::BadData { key: "query", hint: None }.into())
}

/// How many there should be on a page: up to `most`, and `usual` if the request does not say.
pub(super) fn limit(key: &'static str, text: Option<&str>, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(usual) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| bad(key, &format!("a whole number from 1 to {most}")))
}

/// A value that is none, and what would be one.
pub(super) fn bad(key: &'static str, expected: &str) -> ApiError {
    DataError::BadData { key, hint: Some(format!("expected {expected}")) }.into()
}
