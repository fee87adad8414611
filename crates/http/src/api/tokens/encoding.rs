//! The option `encoding` of operations that make tokens: how the new token's text is written. It stands in the query or in the
//! body. Without it the answer is Onezone's.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::error::{ApiError, DataError};
use crate::openapi::{Document, Kind, value};
use crate::query;
use crate::state::SharedServices;
use zonemint_macaroon::Encoding;

const KEY: &str = "encoding";
const ABOUT: &str = "`encoding`, in the query or in the body, says how the token is written: `onezone` in letters and digits, \
                     `base64url` as macaroon libraries for version 1 read it, `v2` as those for version 2 do.";
const TWICE: &str = "the query and the body say different things";

/// The option as the query has it.
pub(crate) struct EncodingOption(Option<Encoding>);

#[derive(Deserialize)]
struct EncodingQuery {
    encoding: Option<String>,
}

impl FromRequestParts<SharedServices> for EncodingOption {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        if parts.uri.query().is_none() {
            return Ok(Self(None));
        }
        let asked = query::read(Query::<EncodingQuery>::from_request_parts(parts, services).await)?;
        Ok(Self(asked.encoding.as_deref().map(named).transpose()?))
    }
}

impl EncodingOption {
    /// The option as the query or the body has it, at its turn among the body's keys.
    pub(crate) fn or_in(self, body: &mut Body<'_>) -> Result<Option<Encoding>, ApiError> {
        self.or(body.optional(KEY, read)?)
    }

    /// As [`EncodingOption::or_in`], where the reference endpoint reads the body.
    pub(crate) fn or_value(self, value: Option<&Value>) -> Result<Option<Encoding>, ApiError> {
        let value = value.filter(|value| !value.is_null());
        self.or(value.map(|value| read(KEY, value)).transpose()?)
    }

    fn or(self, in_body: Option<Encoding>) -> Result<Option<Encoding>, ApiError> {
        match (self.0, in_body) {
            (Some(one), Some(other)) if one != other => {
                Err(DataError::BadData { key: KEY, hint: Some(TWICE.to_owned()) }.into())
            }
            (one, other) => Ok(one.or(other)),
        }
    }
}

fn read(_: &'static str, value: &Value) -> Result<Encoding, DataError> {
    named(value.as_str().unwrap_or_default())
}

fn named(name: &str) -> Result<Encoding, DataError> {
    Encoding::from_name(name).ok_or_else(|| DataError::BadValueNotAllowed { key: KEY, allowed: names() })
}

fn names() -> Vec<&'static str> {
    Encoding::OFFERED.map(|(name, _)| name).to_vec()
}

/// The option in a body.
pub(crate) fn encodings(key: &'static str) -> Kind {
    value::choice(names())(key)
}

/// Describes the option in the query.
pub(crate) fn with_encoding(document: Document) -> Document {
    let twice = DataError::BadData { key: KEY, hint: Some(TWICE.to_owned()) };
    document.about(ABOUT).query(KEY, encodings).fails([twice])
}
