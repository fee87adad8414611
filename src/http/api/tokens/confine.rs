//! `POST /tokens/confine`: adds caveats to a token, as anybody who holds it can. Nothing is verified.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::caveat::TokenKind;
use crate::http::answer;
use crate::http::body::{Body, caveats, token};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{Anyone, Options, public};
use crate::http::state::SharedServices;
use crate::token::ConfineError;

pub(in crate::http) async fn confine(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<Response, ApiError> {
    anyone.allows(&public("confine"))?;
    let mut body = Body::new(&options);
    let caveats = body.required("caveats", caveats)?;
    let text = body.required("token", token)?;
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
