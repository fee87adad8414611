//! `POST /tokens/{id}/rotate`: a new token with the same rights, the old one good for a while.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::descendants;
use super::encoding::{EncodingOption, encodings, with_encoding};
use super::object::{Created, not_minted, rotated};
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::caveat::Time;
use crate::http::answer::{Base, X_WARNING};
use crate::http::body::{Body, end, integer};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{By, InPath, Options, SOME_WIDER};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::RotateToken;
use crate::http::state::SharedServices;
use crate::model::{Parent, TokenForm};
use crate::store::Ancestors;
use crate::telemetry::error_chain;
use crate::token::{MintError, Rotation};

/// The walk failed after the rotation was committed.
const SOME_REMAIN: &str = "not all descendants of the old token are revoked; revoke it once more, with its descendants";
/// A token that may mint others again would make the option useless.
const OVERLAP: &str = "it cannot be given with \"overlap\": the old token would go on minting";
/// The longest time that both tokens may be good for, in seconds: 30 days.
const LONGEST_OVERLAP_S: u64 = 2_592_000;

pub(in crate::http) fn document() -> Document {
    let document = Document::by::<RotateToken>("A new token with the same rights")
        .about("The old one stays good for `overlap` seconds.")
        .about(OWN_OR_MANAGED)
        .body(
            Keys::new()
                .optional("descendants", value::flag(descendants::ABOUT))
                .optional("encoding", encodings)
                .optional(
                    "overlap",
                    value::integer(0..=LONGEST_OVERLAP_S, "Seconds for which both are good; 0 if absent"),
                )
                .optional(
                    "validUntil",
                    value::moment(
                        "Unix seconds, at most `token.max_ttl` from now, for a named token `token.max_named_ttl`",
                    ),
                ),
            json!({"overlap": 3600}),
        )
        .answers(StatusCode::CREATED, "The new token.", &Created::example(true))
        .located()
        .warns()
        .fails([NARROWER, SOME_WIDER])
        .fails([MintError::CaveatsUnknown])
        .fails([DataError::BadData { key: "descendants", hint: Some(OVERLAP.to_owned()) }])
        .fails(not_minted())
        .fails([MintError::TimeRequired { max_ttl_s: 7_776_000 }]);
    with_encoding(document)
}

pub(in crate::http) async fn rotate(
    State(services): State<SharedServices>,
    caller: By<RotateToken>,
    base: Base,
    InPath(id): InPath,
    encoding: EncodingOption,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    let now = services.clock.earliest_s();
    // What a named token may be asked for, the token service knows.
    let latest = match token.form {
        TokenForm::Bare => now.saturating_add(services.tokens.settings().max_ttl.s()),
        TokenForm::Structured(_) => Time::LATEST,
    };
    let mut body = Body::new(&options);
    let with_descendants = descendants::wanted(&mut body, &caller)?;
    let encoding = encoding.or_in(&mut body)?;
    let rotation = Rotation {
        encoding,
        overlap_s: body.optional("overlap", integer(0..=LONGEST_OVERLAP_S))?.unwrap_or(0),
        valid_until: body.optional("validUntil", end(now + 1..=latest))?,
    };
    if with_descendants && rotation.overlap_s > 0 {
        return Err(DataError::BadData { key: "descendants", hint: Some(OVERLAP.to_owned()) }.into());
    }
    let by = caller.actor();
    let minted = services.tokens.rotate(&token, by, &caller.authority, &rotation).await?;
    let ended = if with_descendants {
        let of = Ancestors::One(Parent::Token(token.id));
        Some(services.tokens.revoke_descendants(of, Some(minted.id), by).await)
    } else {
        None
    };
    let answer = rotated(&minted, ended.as_ref().and_then(|ended| ended.as_ref().ok()))?;
    let mut answer = base.locate(answer, &format!("/tokens/named/{}", minted.id));
    if let Some(Err(error)) = ended {
        // The new token must be told all the same: the old one is revoked.
        tracing::warn!(error = %error_chain(&error), "the descendants of a rotated token could not all be revoked");
        answer.headers_mut().append(X_WARNING, HeaderValue::from_static(SOME_REMAIN));
    }
    Ok(answer)
}
