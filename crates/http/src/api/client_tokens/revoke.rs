//! `DELETE /user/client_tokens/{token}`: revokes a token.

use crate::api::prelude::*;
use crate::api::tokens::descendants;
use crate::path_parameter::CLIENT_TOKEN;

operation! {
    DeleteClientToken: delete "/user/client_tokens/{token}" revoke
        = Delete "user" Caller "client_token" (Path) Private
}

pub(crate) fn document() -> Document {
    let document = Document::by::<DeleteClientToken>("Revoke a client token")
        .in_path(&CLIENT_TOKEN)
        .about("Answers alike for unknown tokens and for tokens of other accounts.")
        .says(StatusCode::NO_CONTENT, "The token is refused from now on.");
    descendants::with_option(document)
}

pub(crate) async fn revoke(
    services: Shared,
    caller: Authorized<DeleteClientToken>,
    path: InPath,
    query: Parameters,
) -> Result<Response> {
    let named = path.read(&CLIENT_TOKEN)?;
    let with_descendants = query.read(descendants::in_query)?;
    let ended = services.tokens.delete_client_token(caller.user.id, &named, with_descendants, &caller).await?;
    descendants::answered(ended.as_ref())
}
