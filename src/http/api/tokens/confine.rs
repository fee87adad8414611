//! `POST /tokens/confine`: adds caveats to a token, as anybody who holds it can. Its signature is not verified.

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
use crate::model::IdError;
use crate::token::{ConfineError, Examined, TokenType};

#[derive(Serialize, ToSchema)]
#[schema(as = ConfinedToken)]
struct Confined {
    token: String,
}

pub(in crate::http) fn document() -> Document {
    Document::public("confine", "Add caveats to a token")
        .about("As anybody can who holds it. Its signature is not verified.")
        .body(
            Keys::new().required("caveats", value::caveats).required("token", value::token),
            json!({"caveats": [{"type": "time", "validUntil": 1_800_000_000}], "token": EXAMPLE_TEXT}),
        )
        .answers(StatusCode::OK, "The narrower token.", &Confined { token: EXAMPLE_TEXT.to_owned() })
        .fails([
            TokenError::TokenSubjectInvalid.into(),
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
