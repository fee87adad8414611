//! `POST /tokens/confine`: adds caveats to a token, as anybody who holds it can. Its signature need not be good.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::object::EXAMPLE_TEXT;
use crate::caveat::TokenKind;
use crate::http::answer;
use crate::http::body::{Body, caveats, token};
use crate::http::error::{ApiError, DataError, TokenError};
use crate::http::extract::{Anyone, Options, public};
use crate::http::openapi::{Document, Keys, value};
use crate::http::state::{Services, SharedServices};
use crate::macaroon::{Limits, ParseError};
use crate::token::ConfineError;

#[derive(Serialize, ToSchema)]
#[schema(as = ConfinedToken)]
struct Confined {
    token: String,
}

pub(in crate::http) fn document() -> Document {
    Document::public("confine", "Add caveats to a token")
        .about("As anybody can who holds it. Of a token whose signature is good here, the subject must be there and not blocked.")
        .body(
            Keys::new().required("caveats", value::caveats).required("token", value::token),
            json!({"caveats": [{"type": "time", "validUntil": 1_800_000_000}], "token": EXAMPLE_TEXT}),
        )
        .answers(StatusCode::OK, "The narrower token.", &Confined { token: EXAMPLE_TEXT.to_owned() })
        .fails([
            TokenError::TokenSubjectInvalid.into(),
            TokenError::UserBlocked.into(),
            refused(ParseError::TooManyCaveats { limit: Limits::default().caveats }),
        ])
}

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
        ConfineError::Bounds(rule) => refused(rule),
        ConfineError::Build(rule) => DataError::BadData { key: "caveats", hint: Some(rule.to_string()) }.into(),
    })?;
    answer::json(&Confined { token: confined })
}

fn refused(rule: ParseError) -> ApiError {
    DataError::BadData { key: "caveats", hint: Some(format!("the narrowed token would be refused: {rule}")) }.into()
}

/// As in Onezone, a token is confined only while its subject is there and not blocked. That is looked up only for a token whose
/// signature is good here: anybody can write a text that names a subject, and is not to learn whether there is one.
async fn subject_is_here(text: &str, services: &Services) -> Result<(), ApiError> {
    let Some(subject) = services.tokens.signed_subject(text).await? else { return Ok(()) };
    match services.accounts.remembered_user(subject.id).await? {
        Some(user) if user.kind != subject.kind => Err(TokenError::TokenSubjectInvalid.into()),
        None => Err(TokenError::TokenSubjectInvalid.into()),
        Some(user) if user.blocked => Err(TokenError::UserBlocked.into()),
        Some(_) => Ok(()),
    }
}
