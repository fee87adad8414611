//! `DELETE …/tokens/named`: deletes all named tokens of an account permanently.

use crate::api::prelude::*;
use crate::api::tokens::descendants;

operation! {
    DeleteNamedTokens: delete on "/named" delete_named
        = Delete Null "user_named_tokens" "provider_named_tokens", ends many
}

pub(crate) fn document() -> Document {
    let document = Document::on::<DeleteNamedTokens>("Delete all named tokens of an account permanently")
        .says(StatusCode::NO_CONTENT, "The tokens are deleted, and refused permanently.")
        .fails([Denied::SomeWider]);
    descendants::with_option(document)
}

pub(crate) async fn delete_named(
    services: Shared,
    on: AuthorizedOn<DeleteNamedTokens>,
    query: Parameters,
) -> Result<Response> {
    let ended = services.tokens.delete_named(on.target.id, query.read(descendants::in_query)?, &on.caller).await?;
    descendants::answered(ended.descendants.as_ref())
}
