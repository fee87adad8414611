//! `POST …/tokens/temporary`: a token that nobody has to clean up.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::create_named::{not_made, stored_kind};
use crate::api::tokens::{Created, EncodingOption, UNMEETABLE, created, encodings, with_encoding};
use crate::body::{Body, caveats, token_type};
use crate::error::{ApiError, DataError};
use crate::extract::{AuthorizedOn, Options};
use crate::openapi::{Document, Keys, value};
use crate::rule::CreateTemporaryToken;
use crate::state::SharedServices;
use zonemint_service::token::TemporaryRequest;

pub(crate) fn document() -> Document {
    let document = Document::on::<CreateTemporaryToken>("Make a token that nobody has to clean up")
        .about("It is not stored. A `time` caveat must end it within `token.max_temporary_ttl` (30 days).")
        .about(UNMEETABLE)
        .body(
            Keys::new()
                .or_absent("caveats", value::caveats)
                .optional("encoding", encodings)
                .or_absent("type", value::token_type),
            json!({"caveats": [{"type": "time", "validUntil": 1_800_000_000}]}),
        )
        .answers(StatusCode::CREATED, "The token.", &Created::example(false))
        .warns()
        .fails(not_made())
        .fails([DataError::TokenTimeCaveatRequired { max_ttl: 2_592_000 }]);
    with_encoding(document)
}

pub(crate) async fn create_temporary(
    State(services): State<SharedServices>,
    on: AuthorizedOn<CreateTemporaryToken>,
    encoding: EncodingOption,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let mut body = Body::new(&options);
    let caveats = body.optional_or_null("caveats", caveats)?.unwrap_or_default();
    let encoding = encoding.or_in(&mut body)?;
    let kind = stored_kind(body.optional_or_null("type", token_type)?.as_ref())?;
    let request = TemporaryRequest { kind, caveats, encoding };
    let minted = services.tokens.create_temporary(on.target.subject(), request, &on.caller).await?;
    created(&minted, false)
}
