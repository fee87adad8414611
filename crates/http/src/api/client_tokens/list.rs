//! `GET /user/client_tokens`: the caller's tokens that are good now, newest first.

use crate::api::prelude::*;
use crate::api::tokens::EXAMPLE_TEXT;
use crate::pages::{self, Page};

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
    pages::list("tokens", (services, caller), |with, before| async move {
        let (services, caller) = &*with;
        let (texts, next) = services.tokens.list(caller.user.id, before, caller).await?;
        Ok(Page { texts, next })
    })
    .await
}
