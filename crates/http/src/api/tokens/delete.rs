//! `DELETE /tokens/named/{id}`: deletes a token permanently.

use super::descendants;
use super::object::OWN_OR_MANAGED;
use crate::api::prelude::*;
use crate::path_parameter::ANY_ID;

operation! { DeleteNamedToken: delete "/tokens/named/{id}" delete = Delete "token" Path "instance" Private }

pub(crate) fn document() -> Document {
    let document = Document::by::<DeleteNamedToken>("Delete a token permanently")
        .in_path(&ANY_ID)
        .about(OWN_OR_MANAGED)
        .about("Tokens derived from it are refused too.")
        .says(StatusCode::NO_CONTENT, "The token is deleted, and refused permanently.")
        .fails([Denied::Narrower]);
    descendants::with_option(document)
}

pub(crate) async fn delete(
    services: Shared,
    caller: Authorized<DeleteNamedToken>,
    path: InPath,
    query: Parameters,
) -> Result<Response> {
    let token = services.tokens.visible(&path.read(&ANY_ID)?, DeleteNamedToken::GAINS, &caller).await?;
    let ended = services.tokens.delete(&token, query.read(descendants::in_query)?, &caller).await?;
    descendants::answered(ended.as_ref())
}
