//! `POST /tokens/{id}/rotate`: a new token with the same rights, the old one good for a while.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::object::{Created, created, not_minted};
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::answer::Base;
use crate::http::body::{Body, integer};
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::RotateToken;
use crate::http::state::SharedServices;
use crate::token::{MintError, Rotation};

/// The longest time that both tokens may be good for, in seconds: 30 days.
const LONGEST_OVERLAP_S: u64 = 2_592_000;

pub(in crate::http) fn document() -> Document {
    Document::by::<RotateToken>("A new token with the same rights")
        .about("The old one stays good for `overlap` seconds.")
        .about(OWN_OR_MANAGED)
        .body(
            Keys::new()
                .optional(
                    "overlap",
                    value::integer(0..=LONGEST_OVERLAP_S, "Seconds for which both are good; 0 if absent"),
                )
                .optional("validUntil", value::moment("Unix seconds, at most `token.max_ttl` from now")),
            json!({"overlap": 3600}),
        )
        .answers(StatusCode::CREATED, "The new token.", &Created::example(true))
        .located()
        .fails([NARROWER])
        .fails([MintError::CaveatsUnknown])
        .fails(not_minted())
}

pub(in crate::http) async fn rotate(
    State(services): State<SharedServices>,
    caller: By<RotateToken>,
    base: Base,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    let now = services.clock.now_s();
    let mut body = Body::new(&options);
    let rotation = Rotation {
        overlap_s: body.optional("overlap", integer(0..=LONGEST_OVERLAP_S))?.unwrap_or(0),
        valid_until: body
            .optional("validUntil", integer(now + 1..=now.saturating_add(services.tokens.settings().max_ttl.s())))?,
    };
    let minted = services.tokens.rotate(&token, caller.actor(), &caller.authority, &rotation).await?;
    Ok(base.locate(created(&minted, true)?, &format!("/tokens/named/{}", minted.id)))
}
