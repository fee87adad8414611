//! `POST …/tokens/revoke`: many of an account's tokens at once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::answer;
use crate::api::tokens::descendants::{self, Ended};
use crate::body::{Body, boolean, integer};
use crate::error::{ApiError, DataError};
use crate::extract::{AuthorizedOn, Options};
use crate::openapi::{Document, Keys, value};
use crate::rule::RevokeTokens;
use crate::state::SharedServices;
use zonemint_base::model::TokenId;
use zonemint_service::caller::Denied;
use zonemint_store::Which;

/// Ids that one request may name.
const MOST_IDS: usize = 1_000;

const SEVERAL: &str = "give one of \"all\", \"ids\" and \"issuedBefore\", not several";

#[derive(Serialize, ToSchema)]
#[schema(as = RevokedTokens)]
struct Revoked {
    /// How many of the tokens were good before.
    revoked: usize,
    /// What ended with them, if that was asked for.
    #[serde(flatten)]
    ended: Ended,
}

pub(crate) fn document() -> Document {
    Document::on::<RevokeTokens>("Revoke many of an account's tokens at once")
        .about("By one of the keys. `all` ends temporary tokens too.")
        .body(
            Keys::new()
                .optional("all", value::set)
                .optional("descendants", value::flag(descendants::ABOUT))
                .optional("ids", value::token_ids(MOST_IDS))
                .optional("issuedBefore", value::integer(0..=u64::MAX / 1000, "Unix seconds"))
                .at_least_one_of(&["all", "ids", "issuedBefore"]),
            json!({"issuedBefore": 1_700_000_000}),
        )
        .answers(StatusCode::OK, "How many of them were good before.", &Revoked { revoked: 3, ended: Ended::default() })
        .fails([
            Denied::SomeWider.into(),
            ApiError::from(DataError::BadData { key: "all", hint: Some(SEVERAL.to_owned()) }),
        ])
}

pub(crate) async fn revoke(
    State(services): State<SharedServices>,
    on: AuthorizedOn<RevokeTokens>,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let mut body = Body::new(&options);
    let all = body.optional("all", boolean)?.filter(|all| *all);
    let with_descendants = descendants::wanted(&mut body, &on.caller)?;
    let listed = body.optional("ids", ids)?;
    let before = body.optional("issuedBefore", integer(0..=u64::MAX / 1000))?;
    let which = match (all, listed, before) {
        (None, None, None) => {
            body.at_least_one_of(&["all", "ids", "issuedBefore"])?;
            return Err(DataError::BadData { key: "all", hint: Some("it must be true, or absent".to_owned()) }.into());
        }
        (Some(_), None, None) => Which::All,
        (None, Some(ids), None) => Which::Ids(ids),
        (None, None, Some(s)) => Which::IssuedBefore(s * 1000),
        _ => {
            return Err(DataError::BadData { key: "all", hint: Some(SEVERAL.to_owned()) }.into());
        }
    };
    let ended = services.tokens.revoke(on.target.id, which, with_descendants, &on.caller).await?;
    let descendants = ended.descendants.as_ref().map(Ended::of).unwrap_or_default();
    answer::json(&Revoked { revoked: ended.tokens, ended: descendants })
}

/// Identifiers that can be read. Those that nobody has, or somebody else, change nothing.
fn ids(key: &'static str, value: &Value) -> Result<Vec<TokenId>, DataError> {
    let bad = |hint: String| DataError::BadData { key, hint: Some(hint) };
    let list = value.as_array().ok_or_else(|| bad("expected a list of token ids".to_owned()))?;
    if list.len() > MOST_IDS {
        return Err(bad(format!("expected {MOST_IDS} ids at the most")));
    }
    list.iter()
        .enumerate()
        .map(|(at, id)| {
            let id = id.as_str().and_then(|id| TokenId::parse(id.as_bytes()).ok());
            id.ok_or_else(|| bad(format!("the one at position {} is not a token id", at + 1)))
        })
        .collect()
}
