//! Tokens as JSON.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::caveat::{self, Caveat, TokenKind};
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::state::Services;
use crate::model::{SubjectKind, Token, TokenForm};
use crate::token::{Minted, TokenType};

/// A token as Onezone shows it.
#[derive(Serialize)]
pub(in crate::http) struct TokenObject {
    id: String,
    name: Option<String>,
    subject: Value,
    r#type: Value,
    caveats: Vec<Value>,
    metadata: Metadata,
    revoked: bool,
    token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// Unix seconds.
    creation_time: u64,
    custom: Box<RawValue>,
}

impl TokenObject {
    /// Shows a token, with its text.
    pub(in crate::http) fn new(token: &Token, services: &Services) -> Result<Self, ApiError> {
        let custom = token.metadata.clone().unwrap_or_else(|| "{}".to_owned());
        Ok(Self {
            id: token.id.to_string(),
            name: token.name.as_ref().map(ToString::to_string),
            subject: subject(subject_kind(token), &token.user.to_string()),
            r#type: token_type(token.kind).to_json(),
            caveats: token.caveats.iter().map(Caveat::to_json).collect(),
            metadata: Metadata {
                creation_time: token.created_ms / 1000,
                custom: RawValue::from_string(custom).map_err(|error| ApiError::Internal(error.to_string()))?,
            },
            revoked: services.tokens.is_revoked(token),
            token: services.tokens.text_of(token)?,
        })
    }
}

/// What kind of account a token speaks for.
pub(in crate::http) fn subject_kind(token: &Token) -> SubjectKind {
    match token.form {
        TokenForm::Bare => SubjectKind::User,
        TokenForm::Structured(kind) => kind,
    }
}

/// A subject as JSON.
pub(in crate::http) fn subject(kind: SubjectKind, id: &str) -> Value {
    json!({"type": kind.name(), "id": id})
}

/// The type of a stored token.
pub(in crate::http) fn token_type(kind: TokenKind) -> TokenType {
    match kind {
        TokenKind::Identity => TokenType::Identity,
        // Invitations are never stored.
        TokenKind::Access | TokenKind::Invite => TokenType::Access,
    }
}

/// What came of making a token. Scripts take the last quoted string of the line: the token must be the last thing in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    /// Unix seconds; null for a token without an end.
    valid_until: Option<u64>,
    caveats: Vec<Value>,
    token: &'a str,
}

/// 201 with a new token. Only one that can be asked for again has an id.
pub(in crate::http) fn created(minted: &Minted, kept: bool) -> Result<Response, ApiError> {
    answer::json_with(
        StatusCode::CREATED,
        &Created {
            token_id: kept.then(|| minted.id.to_string()),
            valid_until: caveat::valid_until(&minted.caveats),
            caveats: minted.caveats.iter().map(Caveat::to_json).collect(),
            token: &minted.text,
        },
    )
}

/// Notes of a token's owner, as they are kept: none for an empty object.
pub(in crate::http) fn notes(custom: &Map<String, Value>) -> String {
    Value::Object(custom.clone()).to_string()
}
