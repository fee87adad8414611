//! `POST /tokens/confine`: adds caveats to a token, as anybody who holds it can. Its signature is not verified.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::caveat::TokenKind;
use crate::http::answer;
use crate::http::body::{Body, caveats, token};
use crate::http::error::{ApiError, DataError, TokenError};
use crate::http::extract::{Anyone, Options, public};
use crate::http::state::{Services, SharedServices};
use crate::model::IdError;
use crate::token::{ConfineError, Examined, TokenType};

pub(in crate::http) async fn confine(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<Response, ApiError> {
    anyone.allows(&public("confine"))?;
    let mut body = Body::new(&options);
    let caveats = body.required("caveats", caveats)?;
    let text = body.required("token", token)?;
    subject_is_here(text, &services).await?;
    let confined = services.tokens.confine(text, &caveats).map_err(|error| match error {
        ConfineError::Refused(why) => ApiError::about("token", why.into(), TokenKind::Access),
        ConfineError::Bounds(rule) => {
            DataError::BadData { key: "caveats", hint: Some(format!("the narrowed token would be refused: {rule}")) }
                .into()
        }
        ConfineError::Build(rule) => DataError::BadData { key: "caveats", hint: Some(rule.to_string()) }.into(),
    })?;
    answer::json(&json!({"token": confined}))
}

/// As in Onezone, an access token is confined only where its subject is. Older ones name no subject.
async fn subject_is_here(text: &str, services: &Services) -> Result<(), ApiError> {
    let Ok(Examined { kind: TokenType::Access | TokenType::AccessOfSession(_), subject: Some((kind, id)), .. }) =
        services.tokens.examine(text)
    else {
        return Ok(());
    };
    let user = match id.parse() {
        Ok(id) => services.accounts.remembered_user(id).await?,
        Err(IdError) => None,
    };
    let here = user.is_some_and(|user| user.kind == kind);
    if here { Ok(()) } else { Err(ApiError::Token(TokenError::TokenSubjectInvalid)) }
}
