//! `POST /tokens/confine`: adds caveats to a token, as every holder can. Its signature need not be valid.

use super::object::EXAMPLE_TEXT;
use crate::api::prelude::*;
use crate::kind::{caveats, token};
use crate::openapi::service_forbidden;
use zonemint_base::model::TokenType;
use zonemint_caveat::{Caveat, TokenKind};
use zonemint_macaroon::{Limits, ParseError};
use zonemint_service::token::{ConfineError, Signed};

operation! { ConfineToken: post "/tokens/confine" confine = Create "token" Null "confine" Public }

#[derive(Serialize, ToSchema)]
struct ConfinedToken {
    token: String,
}

pub(crate) fn document() -> Document {
    Document::anyone::<ConfineToken>("Add caveats to a token")
        .about("Needs no credential but the token. If its signature is valid here, its subject must exist and not be blocked.")
        .body(
            json!({"caveats": [{"type": "time", "validUntil": 1_800_000_000}], "token": EXAMPLE_TEXT}),
            |body| read(body).map(drop),
        )
        .answers(StatusCode::OK, "The confined token.", &ConfinedToken { token: EXAMPLE_TEXT.to_owned() })
        .fails([
            TokenError::TokenSubjectInvalid.into(),
            TokenError::TokenSessionInvalid.into(),
            TokenError::UserBlocked.into(),
            service_forbidden(),
            refused(ParseError::TooManyCaveats { limit: Limits::default().caveats }),
        ])
}

pub(crate) async fn confine(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<ConfineToken>())?;
    let (caveats, text) = read(&mut Body::new(&options))?;
    must_be_allowed(text, &caveats, &services).await?;
    let confined = services.tokens.confine(text, &caveats).map_err(|error| match error {
        ConfineError::Refused(why) => ApiError::about(why.into(), TokenKind::Access),
        ConfineError::Bounds(rule) => refused(rule),
        ConfineError::Build(rule) => DataError::bad("caveats", rule.to_string()).into(),
    })?;
    answer::json(&ConfinedToken { token: confined })
}

fn read<'a>(body: &mut Body<'a>) -> Result<(Vec<Caveat>, &'a str), DataError> {
    Ok((body.required("caveats", caveats())?, body.required("token", token())?))
}

fn refused(rule: ParseError) -> ApiError {
    DataError::bad("caveats", format!("the confined token would be refused: {rule}")).into()
}

/// As in Onezone, a token is confined only if its subject exists and is not blocked, its session lasts, and the services in the caveats
/// may use it. This is checked only for a token whose signature is valid here: anybody can write a text that names a subject, and must
/// not find out whether it exists.
async fn must_be_allowed(text: &str, caveats: &[Caveat], services: &Services) -> Result<()> {
    let signed = services.tokens.signed(text).await.map_err(|error| ApiError::about(error, TokenKind::Access))?;
    let Some(Signed { subject, kind }) = signed else { return Ok(()) };
    match services.accounts.remembered_user(subject.id).await? {
        Some(user) if user.kind != subject.kind => return Err(TokenError::TokenSubjectInvalid.into()),
        None => return Err(TokenError::TokenSubjectInvalid.into()),
        Some(user) if user.blocked => return Err(TokenError::UserBlocked.into()),
        Some(_) => {}
    }
    if matches!(kind, TokenType::AccessOfSession(_)) {
        return Err(TokenError::TokenSessionInvalid.into());
    }
    match services.tokens.forbidden_service(kind.kind(), subject.kind, caveats).await? {
        Some(service) => Err(TokenError::TokenServiceForbidden(service).into()),
        None => Ok(()),
    }
}
