//! `DELETE /tokens/named/{id}`: a token is refused for ever.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::descendants;
use super::object::OWN_OR_MANAGED;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::operation::Rule as _;
use crate::query::Parameters;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;

operation! { DeleteNamedToken: delete "/tokens/named/{id}" delete = Delete "token" Path "instance" Private }

pub(crate) fn document() -> Document {
    let document = Document::by::<DeleteNamedToken>("Delete a token permanently")
        .about(OWN_OR_MANAGED)
        .about("Tokens derived from it are refused too.")
        .says(StatusCode::NO_CONTENT, "The token is deleted, and refused permanently.")
        .fails([Denied::Narrower]);
    descendants::with_option(document)
}

pub(crate) async fn delete(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteNamedToken>,
    InPath(id): InPath,
    query: Parameters,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, DeleteNamedToken::GAINS, &caller).await?;
    let ended = services.tokens.delete(&token, query.read(descendants::in_query)?, &caller).await?;
    descendants::answered(ended.as_ref())
}
