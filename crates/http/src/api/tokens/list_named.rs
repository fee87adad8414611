//! `GET /tokens/named`: lists the ids of all accounts' named tokens, for managers of tokens.

use super::object::EXAMPLE_TOKEN_ID;
use crate::api::prelude::*;

operation! { ListAllNamedTokens: get "/tokens/named" list_named = Get "token" Null "list" Private needs TokensManage }

pub(crate) fn document() -> Document {
    Document::by::<ListAllNamedTokens>("List the ids of all accounts' named tokens")
        .about("A caller with a token sees only tokens that allow no more than its own.")
        .lists("tokens", "The ids.", EXAMPLE_TOKEN_ID)
}

pub(crate) async fn list_named(services: Shared, caller: Authorized<ListAllNamedTokens>) -> Result<Response> {
    pages::list("tokens", (services, caller), |with, after| async move {
        let (services, caller) = &*with;
        let (ids, next) = services.tokens.named(after, caller).await?;
        Ok(Page { texts: ids.iter().map(ToString::to_string).collect(), next })
    })
    .await
}
