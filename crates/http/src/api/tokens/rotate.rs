//! `POST /tokens/{id}/rotate`: mints a new token with the same rights; the old token stays valid for a while.

use std::ops::RangeInclusive;

use axum::http::HeaderValue;

use super::descendants;
use super::encoding::{EncodingOption, with_encoding};
use super::object::{NewToken, OWN_OR_MANAGED, not_minted, rotated};
use crate::answer::X_WARNING;
use crate::api::prelude::*;
use crate::kind::{end, integer};
use crate::path_parameter::ANY_ID;
use zonemint_service::token::{LONGEST_OVERLAP_S, MintError, Replacement, Rotation};
use zonemint_telemetry::error_chain;

operation! { RotateToken: post "/tokens/{id}/rotate" rotate = Create "token" Path "rotation" Private, gains Rights }

/// The walk failed after the rotation was committed.
const SOME_REMAIN: &str = "not all descendants of the old token are revoked; revoke it once more, with its descendants";
/// An old token that could still mint would make the option useless.
const OVERLAP: &str = "it cannot be given with \"overlap\": the old token could still mint";

/// Descriptions of two keys, in the document.
const OVERLAP_ABOUT: &str = "Seconds for which both tokens are valid; 0 if absent";
const ENDS: &str = "Unix seconds, at most `token.max_ttl` from now, for a named token `token.max_named_ttl`";

pub(crate) fn document() -> Document {
    let document = Document::by::<RotateToken>("Rotate a token: mint a new one with the same rights")
        .in_path(&ANY_ID)
        .about("The old token stays valid for `overlap` seconds.")
        .about(OWN_OR_MANAGED)
        .body(json!({"overlap": 3600}), |body| read(body, EncodingOption::default(), 1..=u64::MAX))
        .answers(StatusCode::CREATED, "The new token.", &NewToken::example(true))
        .header("Location")
        .header("X-Warning")
        .fails([Denied::Narrower, Denied::SomeWider])
        .fails([MintError::CaveatsUnknown, MintError::TooMany])
        .fails([DataError::bad("descendants", OVERLAP)])
        .fails(not_minted())
        .fails([MintError::TimeRequired { max_ttl_s: 7_776_000 }]);
    with_encoding(document)
}

pub(crate) async fn rotate(
    services: Shared,
    caller: Authorized<RotateToken>,
    base: Base,
    path: InPath,
    encoding: EncodingOption,
    Options(options): Options,
) -> Result<Response> {
    let token = services.tokens.visible(&path.read(&ANY_ID)?, RotateToken::GAINS, &caller).await?;
    let ends = services.tokens.ends_of_successor(&token);
    let rotation = read(&mut Body::new(&options), encoding, ends)?;
    let Replacement { minted, ended } = services.tokens.rotate(&token, &rotation, &caller).await?;
    let answer = rotated(&minted, ended.as_ref().and_then(|ended| ended.as_ref().ok()))?;
    let mut answer = base.locate(answer, &format!("/tokens/named/{}", minted.id));
    if let Some(Err(error)) = ended {
        // The answer must contain the new token, because the old one is revoked.
        tracing::warn!(error = %error_chain(&error), "the descendants of a rotated token could not all be revoked");
        answer.headers_mut().append(X_WARNING, HeaderValue::from_static(SOME_REMAIN));
    }
    Ok(answer)
}

/// `ends` is when the new token may end.
fn read(body: &mut Body<'_>, encoding: EncodingOption, ends: RangeInclusive<u64>) -> Result<Rotation> {
    let rotation = Rotation {
        descendants: descendants::in_body(body)?,
        encoding: encoding.or_in(body)?,
        overlap_s: body.optional("overlap", integer(0..=LONGEST_OVERLAP_S, OVERLAP_ABOUT))?.unwrap_or(0),
        valid_until: body.optional("validUntil", end(ends, ENDS))?,
    };
    if rotation.descendants && rotation.overlap_s > 0 {
        return Err(DataError::bad("descendants", OVERLAP).into());
    }
    Ok(rotation)
}
