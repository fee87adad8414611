//! `POST …/tokens/temporary`: a token that nobody has to clean up.

use axum::extract::State;
use axum::response::Response;

use super::create_named::stored_kind;
use crate::http::api::tokens::created;
use crate::http::body::{Body, caveats, token_type};
use crate::http::error::ApiError;
use crate::http::extract::{On, Options};
use crate::http::rule::CreateTemporaryToken;
use crate::http::state::SharedServices;

pub(in crate::http) async fn create_temporary(
    State(services): State<SharedServices>,
    on: On<CreateTemporaryToken>,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let mut body = Body::new(&options);
    let caveats = body.optional("caveats", caveats)?.unwrap_or_default();
    let kind = stored_kind(body.optional("type", token_type)?.as_ref())?;
    let minted = services
        .tokens
        .create_temporary(on.target.subject(), on.caller.actor(), &on.caller.authority, kind, caveats)
        .await?;
    created(&minted, false)
}
