//! `GET …/tokens/named`: lists the ids of an account's named tokens, ordered by name.

use crate::api::prelude::*;
use crate::api::tokens::EXAMPLE_TOKEN_ID;

operation! { ListNamedTokens: get on "/named" list_named = Get Null "user_named_tokens" "provider_named_tokens" }

pub(crate) fn document() -> Document {
    Document::on::<ListNamedTokens>("List the ids of an account's named tokens, ordered by name")
        .about("A caller with a token sees only tokens that allow no more than its own.")
        .lists("tokens", "The ids.", EXAMPLE_TOKEN_ID)
}

pub(crate) async fn list_named(services: Shared, on: AuthorizedOn<ListNamedTokens>) -> Result<Response> {
    pages::list("tokens", (services, on), |with, after| async move {
        let (services, on) = &*with;
        let (ids, next) = services.tokens.named_of(on.target.id, after, &on.caller).await?;
        Ok(Page { texts: ids.iter().map(ToString::to_string).collect(), next })
    })
    .await
}
