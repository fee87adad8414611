//! `POST /tokens/infer_access_token_scope`: how far does this access token reach?

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};

use super::verify_access::proven_consumer;
use crate::caveat::{Caveat, Request, TokenKind};
use crate::http::answer;
use crate::http::body::{Body, token};
use crate::http::error::ApiError;
use crate::http::extract::{Anyone, Options, public, subject_of};
use crate::http::state::SharedServices;
use crate::model::SubjectKind;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    /// Unix seconds; null for a token without an end.
    valid_until: Option<u64>,
    /// Null for a service's token.
    data_access_scope: Option<DataAccessScope>,
}

/// Spaces and their providers are not here: a token of ours reaches none.
#[derive(Serialize)]
struct DataAccessScope {
    readonly: bool,
    spaces: Map<String, Value>,
    providers: Map<String, Value>,
}

pub(in crate::http) async fn infer_scope(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<Response, ApiError> {
    anyone.allows(&public("infer_access_token_scope"))?;
    let mut body = Body::new(&options);
    let text = body.required("token", token)?;
    let consumer = match body.optional_or_null("consumerToken", token)? {
        None => None,
        Some(text) => Some(proven_consumer(text, &services, anyone.client).await?),
    };
    let request = Request { peer: anyone.client, consumer, ..services.tokens.request(TokenKind::Access) };
    let token = services
        .tokens
        .verify_for_scope(text, request)
        .await
        .map_err(|error| ApiError::about("token", error, TokenKind::Access))?;
    let user = subject_of(&token, &services).await?.map_err(ApiError::Token)?;
    let scope = DataAccessScope {
        readonly: token.caveats.contains(&Caveat::DataReadonly),
        spaces: Map::new(),
        providers: Map::new(),
    };
    answer::json(&Scope {
        valid_until: token.valid_until(),
        data_access_scope: (user.kind == SubjectKind::User).then_some(scope),
    })
}
