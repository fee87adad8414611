//! `POST /tokens/infer_access_token_scope`: infers the scope of an access token.

use std::net::IpAddr;
use std::pin::pin;

use serde_json::Map;

use super::object::EXAMPLE_TEXT;
use crate::api::prelude::*;
use crate::extract::{consumer_for_scope, subject_of};
use crate::kind::token;
use crate::openapi::token_refused;
use zonemint_base::model::SubjectKind;
use zonemint_caveat::{Caveat, Request, TokenKind};

operation! {
    InferTokenScope: post "/tokens/infer_access_token_scope" infer_scope
        = Create "token" Null "infer_access_token_scope" Public
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenScope {
    /// Unix seconds; null for a token without an end.
    valid_until: Option<u64>,
    /// Null for a service's token.
    data_access_scope: Option<DataAccessScope>,
}

/// Spaces and their providers are not here: a token of ours reaches none.
#[derive(Serialize, ToSchema)]
struct DataAccessScope {
    readonly: bool,
    #[schema(value_type = Object)]
    spaces: Map<String, Value>,
    #[schema(value_type = Object)]
    providers: Map<String, Value>,
}

pub(crate) fn document() -> Document {
    Document::anyone::<InferTokenScope>("Infer the scope of an access token")
        .body(json!({"token": EXAMPLE_TEXT}), |body| read(body).map(drop))
        .answers(
            StatusCode::OK,
            "The scope.",
            &TokenScope {
                valid_until: Some(1_800_000_000),
                data_access_scope: Some(DataAccessScope { readonly: true, spaces: Map::new(), providers: Map::new() }),
            },
        )
        .fails(token_refused(TokenKind::Access))
        .fails([TokenError::BadConsumerToken(Box::new(TokenError::TokenInvalid))])
}

pub(crate) async fn infer_scope(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<InferTokenScope>())?;
    let (text, consumer) = read(&mut Body::new(&options))?;
    services.tokens.as_one_read(pin!(infer(text, consumer, anyone.client, &services))).await
}

fn read<'a>(body: &mut Body<'a>) -> Result<(&'a str, Option<&'a str>), DataError> {
    Ok((body.required("token", token())?, body.optional_or_null("consumerToken", token())?))
}

async fn infer(text: &str, consumer: Option<&str>, client: Option<IpAddr>, services: &Services) -> Result<Response> {
    let consumer = consumer_for_scope(consumer, services, client).await?;
    let request = Request { peer: client, consumer, ..services.tokens.request(TokenKind::Access) };
    let token = services
        .tokens
        .verify_for_scope(text, request)
        .await
        .map_err(|error| ApiError::about(error, TokenKind::Access))?;
    let user = subject_of(&token, None, services).await?.map_err(ApiError::Token)?;
    let scope = DataAccessScope {
        readonly: token.caveats.contains(&Caveat::DataReadonly),
        spaces: Map::new(),
        providers: Map::new(),
    };
    answer::json(&TokenScope {
        valid_until: token.valid_until(),
        data_access_scope: (user.kind == SubjectKind::User).then_some(scope),
    })
}
