//! `POST …/tokens/revoke`: revokes many of an account's tokens at once.

use crate::api::prelude::*;
use crate::api::tokens::descendants::{self, RevokedDescendants};
use crate::kind::{MUST_BE_TRUE, integer, set, token_ids};
use zonemint_store::Which;

operation! { RevokeTokens: post on "/revoke" revoke = Delete Null "user_tokens" "provider_tokens", ends many }

/// Ids that one request may name.
const MOST_IDS: usize = 1_000;

const SEVERAL: &str = "give one of \"all\", \"ids\" and \"issuedBefore\", not several";

#[derive(Serialize, ToSchema)]
struct RevokedTokens {
    /// How many of the tokens were valid before.
    revoked: usize,
    /// What was revoked with them, if the request asked for descendants.
    #[serde(flatten)]
    ended: RevokedDescendants,
}

pub(crate) fn document() -> Document {
    Document::on::<RevokeTokens>("Revoke many of an account's tokens at once")
        .about("Selects the tokens by one of the keys. `all` revokes temporary tokens too.")
        .body(json!({"issuedBefore": 1_700_000_000}), read)
        .answers(
            StatusCode::OK,
            "The number of revoked tokens that were valid before.",
            &RevokedTokens { revoked: 3, ended: RevokedDescendants::default() },
        )
        .fails([Denied::SomeWider])
        .fails([DataError::bad("all", SEVERAL)])
}

pub(crate) async fn revoke(
    services: Shared,
    on: AuthorizedOn<RevokeTokens>,
    Options(options): Options,
) -> Result<Response> {
    let (which, with_descendants) = read(&mut Body::new(&options))?;
    let ended = services.tokens.revoke(on.target.id, which, with_descendants, &on.caller).await?;
    let descendants = ended.descendants.as_ref().map(RevokedDescendants::of).unwrap_or_default();
    answer::json(&RevokedTokens { revoked: ended.tokens, ended: descendants })
}

fn read(body: &mut Body<'_>) -> Result<(Which, bool)> {
    let all = body.optional("all", set())?.filter(|all| *all);
    let with_descendants = descendants::in_body(body)?;
    let listed = body.optional("ids", token_ids(MOST_IDS))?;
    let before = body.optional("issuedBefore", integer(0..=u64::MAX / 1000, "Unix seconds"))?;
    body.at_least_one_of(&["all", "ids", "issuedBefore"])?;
    let which = match (all, listed, before) {
        (None, None, None) => return Err(DataError::bad("all", MUST_BE_TRUE).into()),
        (Some(_), None, None) => Which::All,
        (None, Some(ids), None) => Which::Ids(ids),
        (None, None, Some(s)) => Which::IssuedBefore(s * 1000),
        _ => return Err(DataError::bad("all", SEVERAL).into()),
    };
    Ok((which, with_descendants))
}
