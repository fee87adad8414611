//! Whether the server runs, and whether it can serve requests, for monitoring.

pub(crate) mod alive;
pub(crate) mod ready;

use serde::Serialize;
use utoipa::ToSchema;

/// How it goes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    /// What the operator should check; absent if there is no problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}
