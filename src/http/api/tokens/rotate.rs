//! `POST /tokens/{id}/rotate`: a new token with the same rights, the old one good for a while.

use axum::extract::State;
use axum::response::Response;

use super::object::created;
use super::visible::visible;
use crate::http::answer::Base;
use crate::http::body::{Body, integer};
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath, Options};
use crate::http::rule::RotateToken;
use crate::http::state::SharedServices;
use crate::token::Rotation;

/// The longest time that both tokens may be good for, in seconds: 30 days.
const LONGEST_OVERLAP_S: u64 = 2_592_000;

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
