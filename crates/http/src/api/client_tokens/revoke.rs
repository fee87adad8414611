//! `DELETE /user/client_tokens/{token}`: that token is refused from now on.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::tokens::descendants;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::query::Parameters;
use crate::state::SharedServices;

operation! {
    DeleteClientToken: delete "/user/client_tokens/{token}" revoke
        = Delete "user" Caller "client_token" (Path) Private
}

pub(crate) fn document() -> Document {
    let document = Document::by::<DeleteClientToken>("Revoke a client token")
        .about("Answers alike for unknown tokens and for tokens of other accounts.")
        .says(StatusCode::NO_CONTENT, "The token is refused from now on.");
    descendants::with_option(document)
}

/// `named` is a token's text or its identifier. Somebody else's and unknown ones answer alike.
pub(crate) async fn revoke(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteClientToken>,
    InPath(named): InPath,
    query: Parameters,
) -> Result<Response, ApiError> {
    let with_descendants = query.read(descendants::in_query)?;
    let ended = services.tokens.delete_client_token(caller.user.id, &named, with_descendants, &caller).await?;
    descendants::answered(ended.as_ref())
}
