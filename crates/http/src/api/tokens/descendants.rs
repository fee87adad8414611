//! The option `descendants` of operations that revoke tokens: it also revokes the tokens that these minted.

use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::kind::flag;
use crate::query::parsed;
use zonemint_store::Descendants;

const KEY: &str = "descendants";
/// What the option does, in the document.
const ABOUT: &str = "Whether to revoke its descendants too: the tokens that it minted, and those that these minted, \
                     in any account; false if absent. A temporary descendant ends with all temporary tokens of its account";
/// An operation without the option answers as Onezone does.
const SAYS: &str = "The token and its descendants are refused from now on.";

/// Whether the query asks for the end of the descendants too, where a request has no body.
pub(crate) fn in_query(query: &mut Query<'_>) -> Result<bool> {
    let parse = |text: &str| text.parse::<bool>().ok();
    Ok(query.optional(KEY, parsed(Type::Boolean, ABOUT, "true or false", parse))?.unwrap_or(false))
}

/// Whether the body of a request asks for the end of the descendants too. The token service checks whether the caller may.
pub(crate) fn in_body(body: &mut Body<'_>) -> Result<bool, DataError> {
    Ok(body.optional(KEY, flag(ABOUT))?.unwrap_or(false))
}

/// What ended with the tokens that were named: nothing is said of it unless it was asked for.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevokedDescendants {
    /// How many of their descendants were valid before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revoked_descendants: Option<usize>,
    /// The accounts whose temporary tokens have all ended, because some of them were descendants.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    temporary_tokens_ended: Option<Vec<String>>,
}

impl RevokedDescendants {
    pub(crate) fn of(descendants: &Descendants) -> Self {
        Self {
            revoked_descendants: Some(descendants.revoked.len()),
            temporary_tokens_ended: Some(descendants.generations.iter().map(ToString::to_string).collect()),
        }
    }

    /// One for the document.
    pub(crate) fn example() -> Self {
        Self { revoked_descendants: Some(3), temporary_tokens_ended: Some(vec![EXAMPLE_ID.to_owned()]) }
    }
}

/// Describes the option of an operation without a body.
pub(crate) fn with_option(document: Document) -> Document {
    with_answer(document.query(in_query))
}

/// Describes the answer of an operation with the option.
pub(crate) fn with_answer(document: Document) -> Document {
    document.answers(StatusCode::OK, SAYS, &RevokedDescendants::example()).fails([Denied::SomeWider])
}

/// 204 without the option; with it 200 and the descendants that ended.
pub(crate) fn answered(ended: Option<&Descendants>) -> Result<Response> {
    match ended {
        None => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(descendants) => answer::json(&RevokedDescendants::of(descendants)),
    }
}
