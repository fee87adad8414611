//! `GET …/tokens/named/name/{name}`: shows a named token, with its text.

use crate::api::prelude::*;
use crate::api::tokens::TokenObject;
use crate::path_parameter::TOKEN_NAME;
use zonemint_service::token::MintError;

operation! {
    ShowTokenByName: get on "/named/name/{name}" show_by_name
        = Get Path "user_named_token" "provider_named_token", gains Rights
}

pub(crate) fn document() -> Document {
    Document::on::<ShowTokenByName>("Show a named token, with its text")
        .in_path(&TOKEN_NAME)
        .about("Showing another account's token is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([Denied::Narrower])
        .fails([MintError::CaveatsUnknown])
}

pub(crate) async fn show_by_name(
    services: Shared,
    on: AuthorizedOn<ShowTokenByName>,
    path: InPath,
) -> Result<Response> {
    let token = services.tokens.visible_by_name(on.target.id, &path.read(&TOKEN_NAME)?, &on.caller).await?;
    answer::json(&TokenObject::shown(&token, &services, &on.caller).await?)
}
