//! `POST …/tokens/revoke`: many of an account's tokens at once.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::http::answer;
use crate::http::body::{Body, boolean, integer};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{On, Options};
use crate::http::rule::RevokeTokens;
use crate::http::state::SharedServices;
use crate::model::TokenId;
use crate::store::{UserChange, Which};

/// Ids that one request may name.
const MOST_IDS: usize = 1_000;

/// Answers how many tokens were good before. `all` ends temporary tokens too.
pub(in crate::http) async fn revoke(
    State(services): State<SharedServices>,
    on: On<RevokeTokens>,
    Options(options): Options,
) -> Result<Response, ApiError> {
    on.caller.may_end_many()?;
    let mut body = Body::new(&options);
    let all = body.optional("all", boolean)?.filter(|all| *all);
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
            let hint = "give one of \"all\", \"ids\" and \"issuedBefore\", not several".to_owned();
            return Err(DataError::BadData { key: "all", hint: Some(hint) }.into());
        }
    };
    let ends_temporary = which == Which::All;
    let revoked = services.tokens.revoke(on.target.id, which, on.caller.actor()).await?;
    if ends_temporary {
        let _ = services.change_user(on.target.id, UserChange::Generation, on.caller.actor()).await?;
    }
    answer::json(&json!({"revoked": revoked}))
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
