//! `POST …/tokens/temporary`: mints a temporary token, which needs no deletion.

use super::create_named::{not_made, stored_kind};
use crate::api::prelude::*;
use crate::api::tokens::{EncodingOption, NewToken, UNMEETABLE, created, with_encoding};
use crate::kind::{caveats, token_type};
use zonemint_service::token::TemporaryRequest;

operation! {
    CreateTemporaryToken: post on "/temporary" create_temporary
        = Create Null "user_temporary_token" "provider_temporary_token", gains Rights
}

pub(crate) fn document() -> Document {
    let document = Document::on::<CreateTemporaryToken>("Mint a temporary token")
        .about("The token is not stored and needs no deletion. A `time` caveat must end it within `token.max_temporary_ttl` (30 days).")
        .about(UNMEETABLE)
        .body(json!({"caveats": [{"type": "time", "validUntil": 1_800_000_000}]}), |body| {
            read(body, EncodingOption::default())
        })
        .answers(StatusCode::CREATED, "The token.", &NewToken::example(false))
        .header("X-Warning")
        .fails(not_made())
        .fails([DataError::TokenTimeCaveatRequired { max_ttl: 2_592_000 }]);
    with_encoding(document)
}

pub(crate) async fn create_temporary(
    services: Shared,
    on: AuthorizedOn<CreateTemporaryToken>,
    encoding: EncodingOption,
    Options(options): Options,
) -> Result<Response> {
    let request = read(&mut Body::new(&options), encoding)?;
    let minted = services.tokens.create_temporary(on.target.subject(), request, &on.caller).await?;
    created(&minted, false)
}

fn read(body: &mut Body<'_>, encoding: EncodingOption) -> Result<TemporaryRequest> {
    Ok(TemporaryRequest {
        caveats: body.optional_or_null("caveats", caveats())?.unwrap_or_default(),
        encoding: encoding.or_in(body)?,
        kind: stored_kind(body.optional_or_null("type", token_type())?.as_ref())?,
    })
}
