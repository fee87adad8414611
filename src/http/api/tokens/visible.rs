//! Which stored tokens a caller may see and change.

use crate::http::error::ApiError;
use crate::http::extract::By;
use crate::http::rule::Rule;
use crate::http::state::Services;
use crate::model::{Privilege, Token, TokenId};
use crate::token::Authority;

/// A caller's own token allows less than the one that is asked for.
pub(in crate::http) const NARROWER: ApiError =
    ApiError::Forbidden { hint: Some("your own token is narrower than this one") };

/// Which tokens operations on one token are for, in the document.
pub(super) const OWN_OR_MANAGED: &str = "For the own tokens; with the privilege `oz_tokens_manage` for anybody's.";

/// A token by its id: one of the caller's own account, or anybody's for who manages tokens. A caller that showed a token
/// reaches only tokens that allow no more than its own. Where the operation gives the token to the caller, its owner must have no
/// privilege that the caller lacks.
pub(super) async fn visible<R: Rule>(services: &Services, caller: &By<R>, id: &str) -> Result<Token, ApiError> {
    visible_to(&caller.authority, services, caller, id).await
}

/// As [`visible`], for what says no more of a token than lists do.
pub(super) async fn visible_to_read<R: Rule>(services: &Services, caller: &By<R>, id: &str) -> Result<Token, ApiError> {
    visible_to(&caller.authority.to_read(), services, caller, id).await
}

async fn visible_to<R: Rule>(
    authority: &Authority,
    services: &Services,
    caller: &By<R>,
    id: &str,
) -> Result<Token, ApiError> {
    let id = TokenId::parse(id.as_bytes()).map_err(|_| ApiError::NotFound)?;
    let token = services.tokens.find(id).await?.ok_or(ApiError::NotFound)?;
    if token.user != caller.user.id {
        if !caller.has(Privilege::TokensManage) {
            return Err(ApiError::Forbidden { hint: None });
        }
        // An account's tokens end with it, though their rows stay.
        let owner = services.accounts.get(token.user).await?.ok_or(ApiError::NotFound)?;
        caller.must_not_rise(&owner)?;
    }
    if !authority.covers(&token.caveats) {
        return Err(NARROWER);
    }
    Ok(token)
}
