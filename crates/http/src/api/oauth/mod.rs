//! `/oauth`, for standard clients of OAuth 2.0. The manual's page "OAuth and the grid" explains what its terms mean here.

pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod revoke;
pub(crate) mod token;

use crate::api::tokens::EXAMPLE_TEXT;
use crate::fields::Parameter;

/// The token that the request is about.
const TOKEN: Parameter = Parameter::text("token", "The token's text", EXAMPLE_TEXT);
const TOKEN_TYPE_HINT: Parameter = Parameter::text("token_type_hint", "Ignored", "access_token");
