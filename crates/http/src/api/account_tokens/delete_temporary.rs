//! `DELETE …/tokens/temporary`: revokes all temporary tokens of an account permanently.

use crate::api::prelude::*;
use crate::api::tokens::descendants;

operation! {
    DeleteTemporaryTokens: delete on "/temporary" delete_temporary
        = Delete Null "user_temporary_tokens" "provider_temporary_tokens", ends many
}

pub(crate) fn document() -> Document {
    let document = Document::on::<DeleteTemporaryTokens>("Revoke all temporary tokens of an account permanently")
        .about("Starts the next generation of temporary tokens.")
        .says(StatusCode::NO_CONTENT, "The tokens are revoked permanently.")
        .fails([Denied::SomeWider.into(), ApiError::NotFound]);
    descendants::with_option(document)
}

pub(crate) async fn delete_temporary(
    services: Shared,
    on: AuthorizedOn<DeleteTemporaryTokens>,
    query: Parameters,
) -> Result<Response> {
    let ended = services.tokens.end_temporary(on.target.id, query.read(descendants::in_query)?, &on.caller).await?;
    descendants::answered(ended.as_ref())
}
