//! `GET /user/client_tokens`: the caller's tokens that are good now, newest first.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};

use crate::http::error::ApiError;
use crate::http::extract::Caller;
use crate::http::state::SharedServices;
use crate::model::TokenId;
use crate::token::MintError;

/// Where a listing goes on. A long one is sent page by page, so that its length costs no memory.
struct Rest {
    before: TokenId,
    separator: &'static str,
}

pub(in crate::http) async fn list(
    State(services): State<SharedServices>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let (texts, next) = services.tokens.list(caller.user.id, &caller.authority, None).await?;
    let start = format!(r#"{{"tokens":[{}"#, quoted(&texts));
    let Some(before) = next else {
        return Ok(([(CONTENT_TYPE, "application/json")], start + "]}").into_response());
    };
    let rest = Rest { before, separator: if texts.is_empty() { "" } else { "," } };
    let pages = stream::try_unfold(Some(rest), move |rest| {
        let (services, caller) = (Arc::clone(&services), caller.clone());
        async move {
            let Some(Rest { before, separator }) = rest else { return Ok(None) };
            let (texts, next) = services.tokens.list(caller.user.id, &caller.authority, Some(before)).await?;
            let (lead, separator) = if texts.is_empty() { ("", separator) } else { (separator, ",") };
            let end = if next.is_some() { "" } else { "]}" };
            let chunk = Bytes::from(format!("{lead}{}{end}", quoted(&texts)));
            Ok::<_, MintError>(Some((chunk, next.map(|before| Rest { before, separator }))))
        }
    });
    let whole = stream::iter([Ok(Bytes::from(start))]).chain(pages);
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(whole)).into_response())
}

/// Token texts are alphanumeric, `-` and `_`: they need no escaping.
fn quoted(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(",")
}
