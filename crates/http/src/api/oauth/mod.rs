//! `/oauth`, for clients that know OAuth 2.0 and nothing of us. The manual's page "OAuth and the grid" says how its words are meant
//! here.

pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod revoke;
pub(crate) mod token;

use crate::api::tokens::EXAMPLE_TEXT;
use crate::fields::Parameter;

/// Which token is meant.
const TOKEN: Parameter = Parameter::text("token", "The token's text", EXAMPLE_TEXT);
const TOKEN_TYPE_HINT: Parameter = Parameter::text("token_type_hint", "Ignored", "access_token");
