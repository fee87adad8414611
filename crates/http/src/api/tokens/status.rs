//! `GET /tokens/named/{id}/status`: shows whether a token is revoked.

use super::object::OWN_OR_MANAGED;
use crate::api::prelude::*;
use crate::path_parameter::ANY_ID;

operation! { ShowTokenStatus: get "/tokens/named/{id}/status" status = Get "token" Path "instance" Shared }

#[derive(Serialize, ToSchema)]
struct TokenStatus {
    revoked: bool,
}

pub(crate) fn document() -> Document {
    Document::by::<ShowTokenStatus>("Show whether a token is revoked")
        .in_path(&ANY_ID)
        .about(OWN_OR_MANAGED)
        .answers(StatusCode::OK, "Whether the token is revoked.", &TokenStatus { revoked: false })
        .fails([Denied::Narrower])
}

pub(crate) async fn status(services: Shared, caller: Authorized<ShowTokenStatus>, path: InPath) -> Result<Response> {
    let token = services.tokens.visible(&path.read(&ANY_ID)?, ShowTokenStatus::GAINS, &caller).await?;
    answer::json(&TokenStatus { revoked: services.tokens.is_revoked(&token) })
}
