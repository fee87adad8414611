//! `POST /oauth/revoke` (RFC 7009): the token whose text is in the body is refused from now on.
//!
//! A token that is kept is deleted. A temporary one is kept nowhere, so that it cannot be ended alone: all temporary tokens of
//! its subject end with it, which RFC 7009 section 2.1 allows, and the alternative would be to leave it good.

use axum::extract::State;
use axum::http::StatusCode;

use crate::caveat::{Gri, GriScope, Operation, OperationKind, ServiceType};
use crate::http::error::ApiError;
use crate::http::extract::{Caller, Client, required};
use crate::http::state::SharedServices;
use crate::model::Privilege;
use crate::store::UserChange;
use crate::token::Recognised;

/// 200 also when there is nothing to revoke. `token_type_hint` is not needed to find a token, and may say anything.
pub(in crate::http) async fn revoke(
    State(services): State<SharedServices>,
    Client { caller, form }: Client,
) -> Result<StatusCode, ApiError> {
    let text = required(&form, "token")?;
    let Some(token) = services.tokens.recognise(text).await? else { return Ok(StatusCode::OK) };
    check(&caller, &token)?;
    let owner = token.subject.id;
    if !token.temporary {
        let _ = services.tokens.delete(owner, token.id, caller.actor()).await?;
    } else if !token.revoked {
        caller.may_end_many()?;
        let _ = services.change_user(owner, UserChange::Generation, caller.actor()).await?;
    }
    Ok(StatusCode::OK)
}

/// As for `DELETE /tokens/named/{id}`, but that whoever holds a text may end it, however narrow their own token is.
fn check(caller: &Caller, token: &Recognised) -> Result<(), ApiError> {
    let id = token.id.to_string();
    let gri = Gri { entity_type: "token", id: &id, aspect: "instance", aspect_id: None, scope: GriScope::Private };
    caller.allows(&Operation { service: ServiceType::OzWorker, kind: OperationKind::Delete, gri })?;
    if token.subject != caller.user.subject() && !caller.has(Privilege::TokensManage) {
        return Err(ApiError::Forbidden { hint: Some("the token is another account's") });
    }
    Ok(())
}
