//! `GET /tokens/named`: the ids of everybody's tokens that have a name, for who manages tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::object::EXAMPLE_TOKEN_ID;
use crate::http::error::ApiError;
use crate::http::extract::By;
use crate::http::openapi::Document;
use crate::http::pages::{self, Page};
use crate::http::rule::ListAllNamedTokens;
use crate::http::state::SharedServices;
use crate::token::Authority;

/// Ids read at a time.
const AT_ONCE: usize = 1_000;

pub(in crate::http) fn document() -> Document {
    Document::by::<ListAllNamedTokens>("The ids of everybody's tokens that have a name")
        .about("A caller with a token sees those that allow no more than its own.")
        .lists("tokens", "Their ids.", EXAMPLE_TOKEN_ID)
}

pub(in crate::http) async fn list_named(
    State(services): State<SharedServices>,
    caller: By<ListAllNamedTokens>,
) -> Result<Response, ApiError> {
    let authority = Arc::new(caller.into_caller().authority);
    pages::list("tokens", move |after| {
        let (services, authority) = (Arc::clone(&services), Arc::clone(&authority));
        async move {
            let ids = services.tokens.named(after, AT_ONCE).await?;
            let next = if ids.len() == AT_ONCE { ids.last().copied() } else { None };
            let mut shown = Vec::with_capacity(ids.len());
            for id in ids {
                // With all rights there is no need to look at each.
                let visible = match authority.as_ref() {
                    Authority::Full => true,
                    Authority::Confined(_) => {
                        services.tokens.find(id).await?.is_some_and(|token| authority.covers(&token.caveats))
                    }
                };
                if visible {
                    shown.push(id.to_string());
                }
            }
            Ok(Page { texts: shown, next })
        }
    })
    .await
}
