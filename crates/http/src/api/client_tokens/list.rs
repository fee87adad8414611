//! `GET /user/client_tokens`: lists the caller's valid tokens, newest first.

use crate::api::prelude::*;
use crate::api::tokens::EXAMPLE_TEXT;

operation! { ListClientTokens: get "/user/client_tokens" list = Get "user" Caller "client_tokens" Private }

pub(crate) fn document() -> Document {
    Document::by::<ListClientTokens>("List the caller's valid client tokens, newest first")
        .about("A caller with a token sees only tokens that allow no more than its own.")
        .about(
            "The list has no pages, and is sent while it is read. Each token that is valid throughout is listed once; those that are \
             minted or end meanwhile may be listed or not. If a part cannot be read, the connection or the stream is ended, so that \
             the JSON is incomplete.",
        )
        .lists("tokens", "The texts of the tokens.", EXAMPLE_TEXT)
}

pub(crate) async fn list(services: Shared, caller: Authorized<ListClientTokens>) -> Result<Response> {
    pages::list("tokens", (services, caller), |with, before| async move {
        let (services, caller) = &*with;
        let (texts, next) = services.tokens.list(caller.user.id, before, caller).await?;
        Ok(Page { texts, next })
    })
    .await
}
