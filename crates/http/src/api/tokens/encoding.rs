//! The option `encoding` of operations that mint tokens: the encoding of the new token's text. It is in the query or in the body. Without
//! it the answer is Onezone's.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::api::prelude::*;
use crate::kind::word;
use crate::query::choice;
use zonemint_macaroon::Encoding;

const KEY: &str = "encoding";
const ABOUT: &str = "`encoding`, in the query or in the body, sets the encoding of the token: `onezone` (letters and digits), \
                     `base64url` (for macaroon libraries of version 1) or `v2` (for those of version 2).";
const TWICE: &str = "the query and the body have different values";

/// The option from the query.
#[derive(Default)]
pub(crate) struct EncodingOption(Option<Encoding>);

impl FromRequestParts<SharedServices> for EncodingOption {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &SharedServices) -> Result<Self> {
        if parts.uri.query().is_none() {
            return Ok(Self(None));
        }
        Ok(Self(Parameters::of(parts).read(in_query)?))
    }
}

fn in_query(query: &mut Query<'_>) -> Result<Option<Encoding>> {
    Ok(query.optional(KEY, choice(names, Encoding::from_name))?)
}

impl EncodingOption {
    /// The option from the query or the body, read in its place among the body's keys.
    pub(crate) fn or_in(self, body: &mut Body<'_>) -> Result<Option<Encoding>> {
        self.or(body.optional(KEY, word(choice(names, Encoding::from_name)))?)
    }

    /// As [`EncodingOption::or_in`], where the reference endpoint reads the body.
    pub(crate) fn or_option(self, body: &mut Body<'_>) -> Result<Option<Encoding>> {
        self.or(body.option(KEY, word(choice(names, Encoding::from_name)))?)
    }

    /// The option from the query, or else `in_body`. Both may be given only if they are equal.
    pub(crate) fn or(self, in_body: Option<Encoding>) -> Result<Option<Encoding>> {
        match (self.0, in_body) {
            (Some(one), Some(other)) if one != other => Err(DataError::bad(KEY, TWICE).into()),
            (one, other) => Ok(one.or(other)),
        }
    }
}

fn names() -> Vec<&'static str> {
    Encoding::OFFERED.map(|(name, _)| name).to_vec()
}

/// Describes the option in the query.
pub(crate) fn with_encoding(document: Document) -> Document {
    document.about(ABOUT).query(in_query).fails([DataError::bad(KEY, TWICE)])
}
