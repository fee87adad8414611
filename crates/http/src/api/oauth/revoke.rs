//! `POST /oauth/revoke` (RFC 7009): the token whose text is in the body is refused from now on.
//!
//! A stored token is deleted. A temporary token is not stored, so it cannot be revoked alone: all temporary tokens of its subject are
//! revoked with it, which RFC 7009 section 2.1 allows. Otherwise the token would stay valid.

use super::{TOKEN, TOKEN_TYPE_HINT};
use crate::api::prelude::*;
use crate::api::tokens::EXAMPLE_TEXT;
use crate::extract::{CLIENT_ID, CLIENT_SECRET, Client, SignedIn};
use crate::fields::{Parameter, TakesForm};
use zonemint_caveat::{Gri, GriScope, Operation, OperationKind, ServiceType};
use zonemint_service::token::Recognised;

operation! { post "/oauth/revoke" revoke }

pub(crate) struct Revoke;

impl TakesForm for Revoke {
    const PARAMETERS: &'static [&'static Parameter] = &[&TOKEN, &TOKEN_TYPE_HINT, &CLIENT_ID, &CLIENT_SECRET];
}

pub(crate) fn document() -> Document {
    Document::new("Revoke a token", Who::Known)
        .about(
            "RFC 7009. Deletes a stored token; revokes a temporary one with all other temporary tokens of its subject.",
        )
        .form::<Revoke>(json!({"token": EXAMPLE_TEXT}))
        .serves(
            "application/json",
            &Type::Object,
            "The token is refused from now on, or does not exist: an empty object.",
        )
        .fails([Denied::SomeWider, Denied::OtherOwner])
}

/// 200 also when there is nothing to revoke. `token_type_hint` is not needed to find a token, and is ignored. The body has no meaning
/// in RFC 7009, but some clients fail if it is not JSON.
pub(crate) async fn revoke(services: Shared, Client { caller, form }: Client<Revoke>) -> Result<Response> {
    let text = form.required(&TOKEN)?;
    let done = || answer::json(&json!({}));
    let Some(token) = services.tokens.recognise(text).await? else { return done() };
    may_delete(&caller, &token)?;
    services.tokens.end(&token, &caller).await?;
    done()
}

/// What the caller's token must allow, as for `DELETE /tokens/named/{id}`.
fn may_delete(caller: &SignedIn, token: &Recognised) -> Result<()> {
    let id = token.id.to_string();
    let gri = Gri { entity_type: "token", id: &id, aspect: "instance", aspect_id: None, scope: GriScope::Private };
    caller.allows(&Operation { service: ServiceType::OzWorker, kind: OperationKind::Delete, gri })
}
