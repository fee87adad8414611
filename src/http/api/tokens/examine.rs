//! `POST /tokens/examine`: what a token says, whoever made it. Nothing is verified.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::object::subject;
use crate::caveat::{Caveat, TokenKind};
use crate::http::answer;
use crate::http::body::{Body, token};
use crate::http::error::ApiError;
use crate::http::extract::{Anyone, Options, public};
use crate::http::state::SharedServices;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Examined {
    onezone_domain: String,
    id: String,
    persistence: &'static str,
    subject: Value,
    r#type: Value,
    caveats: Vec<Value>,
}

pub(in crate::http) async fn examine(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<Response, ApiError> {
    anyone.allows(&public("examine"))?;
    let text = Body::new(&options).required("token", token)?;
    let examined =
        services.tokens.examine(text).map_err(|why| ApiError::about("token", why.into(), TokenKind::Access))?;
    answer::json(&Examined {
        onezone_domain: examined.location,
        id: examined.id,
        persistence: examined.persistence,
        // Whose token an older one is stands in the store of the service that made it.
        subject: examined
            .subject
            .map_or_else(|| json!({"type": "nobody", "id": null}), |(kind, id)| subject(kind, &id)),
        r#type: examined.kind.to_json(),
        caveats: examined.caveats.iter().map(Caveat::to_json).collect(),
    })
}
