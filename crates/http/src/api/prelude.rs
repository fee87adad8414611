//! What nearly every operation's file uses.

use axum::extract::State;
pub(crate) use axum::http::StatusCode;
pub(crate) use axum::response::{IntoResponse, Response};
pub(crate) use serde::Serialize;
pub(crate) use serde_json::{Value, json};
pub(crate) use utoipa::ToSchema;
pub(crate) use utoipa::openapi::schema::Type;

pub(crate) use crate::answer::{self, Base};
pub(crate) use crate::body::Body;
pub(crate) use crate::error::{ApiError, DataError, TokenError};
pub(crate) use crate::extract::{Anyone, Authorized, AuthorizedOn, InPath, Options, general};
pub(crate) use crate::openapi::{Document, Who};
pub(crate) use crate::pages::{self, Page};
pub(crate) use crate::query::{Parameters, Query};
pub(crate) use crate::rule::Rule;
pub(crate) use crate::state::{Services, SharedServices};
pub(crate) use zonemint_service::caller::{Denied, Unlimited};

/// The services, as handlers take them.
pub(crate) type Shared = State<SharedServices>;

/// What operations return.
pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;
