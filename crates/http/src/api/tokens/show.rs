//! `GET /tokens/named/{id}`: shows a token, with its text.

use super::object::{OWN_OR_MANAGED, TokenObject};
use crate::api::prelude::*;
use crate::path_parameter::ANY_ID;
use zonemint_service::token::MintError;

operation! { ShowNamedToken: get "/tokens/named/{id}" show = Get "token" Path "instance" Private, gains Rights }

pub(crate) fn document() -> Document {
    Document::by::<ShowNamedToken>("Show a token, with its text")
        .in_path(&ANY_ID)
        .about(OWN_OR_MANAGED)
        .about("Showing another account's token is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([Denied::Narrower])
        .fails([MintError::CaveatsUnknown])
}

pub(crate) async fn show(services: Shared, caller: Authorized<ShowNamedToken>, path: InPath) -> Result<Response> {
    let token = services.tokens.visible(&path.read(&ANY_ID)?, ShowNamedToken::GAINS, &caller).await?;
    answer::json(&TokenObject::shown(&token, &services, &caller).await?)
}
