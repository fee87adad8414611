//! `GET /user`: who am I.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::http::error::ApiError;
use crate::http::extract::Caller;

/// Onezone 21.02's user object, followed by its older names for the same things.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserObject<'a> {
    user_id: String,
    full_name: &'a str,
    username: &'a str,
    emails: [&'a str; 0],
    linked_accounts: [&'a str; 0],
    basic_auth_enabled: bool,
    blocked: bool,
    /// Unix seconds.
    creation_time: u64,
    name: &'a str,
    login: &'a str,
    alias: &'a str,
    email_list: [&'a str; 0],
}

pub(in crate::http) async fn show(caller: Caller) -> Result<impl IntoResponse, ApiError> {
    let user = &caller.user;
    let object = UserObject {
        user_id: user.id.to_string(),
        full_name: user.full_name.as_str(),
        username: user.name.as_str(),
        emails: [],
        linked_accounts: [],
        basic_auth_enabled: true,
        blocked: user.blocked,
        creation_time: user.created_ms / 1000,
        name: user.full_name.as_str(),
        login: user.name.as_str(),
        alias: user.name.as_str(),
        email_list: [],
    };
    let body = serde_json::to_string(&object).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/json")], body))
}
