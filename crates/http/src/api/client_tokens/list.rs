//! `GET /user/client_tokens`: the caller's tokens that are good now, newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::api::tokens::EXAMPLE_TEXT;
use crate::error::ApiError;
use crate::extract::Authorized;
use crate::openapi::Document;
use crate::pages::{self, Page};
use crate::state::SharedServices;

operation! { ListClientTokens: get "/user/client_tokens" list = Get "user" Caller "client_tokens" Private }

pub(crate) fn document() -> Document {
    Document::by::<ListClientTokens>("List the caller's valid client tokens, newest first")
        .about("A caller with a token sees only tokens that allow no more than its own.")
        .lists("tokens", "The texts of the tokens.", EXAMPLE_TEXT)
}

pub(crate) async fn list(
    State(services): State<SharedServices>,
    caller: Authorized<ListClientTokens>,
) -> Result<Response, ApiError> {
    let caller = Arc::new(caller);
    pages::list("tokens", move |before| {
        let (services, caller) = (Arc::clone(&services), Arc::clone(&caller));
        async move {
            let (texts, next) = services.tokens.list(caller.user.id, before, &caller).await?;
            Ok(Page { texts, next })
        }
    })
    .await
}
