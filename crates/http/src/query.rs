//! Reads the parameters of a query.
//!
//! An operation reads its parameters one line each; all are optional. The same lines make the document: they read an empty query, which
//! notes the parameters. A parameter that occurs twice is refused before any is read, because two programs could read two different
//! values. Parameters that no line names are ignored.

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::json;
use utoipa::openapi::schema::Type;

use super::error::{ApiError, DataError};
use super::kind::{Description, Kind, kind};
use super::state::SharedServices;

/// The error for a parameter that occurs twice.
pub(super) const REPEATED: DataError = DataError::BadData { key: "query", hint: None };
/// What a cursor must be.
const A_CURSOR: &str = "the value of \"next\" from the previous page";

/// The query of a request, decoded.
pub(super) struct Parameters(Vec<(String, String)>);

impl FromRequestParts<SharedServices> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &SharedServices) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Parameters {
    pub(super) fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Reads them.
    pub(super) fn read<'a, T>(&'a self, read: impl Fn(&mut Query<'a>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let Self(given) = self;
        let mut seen = HashSet::new();
        let repeated: HashSet<_> =
            given.iter().map(|(name, _)| name.as_str()).filter(|name| !seen.insert(*name)).collect();
        if !repeated.is_empty() && Query::described(&read).iter().any(|(name, _)| repeated.contains(name)) {
            return Err(REPEATED.into());
        }
        read(&mut Query { given, noted: None })
    }
}

/// A query, while its parameters are read.
pub(super) struct Query<'a> {
    given: &'a [(String, String)],
    /// The parameters that are read, when the document is made.
    noted: Option<Vec<(&'static str, Description)>>,
}

impl<'a> Query<'a> {
    /// The parameters that a function reads, in its order.
    pub(super) fn described<T>(
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Vec<(&'static str, Description)> {
        let mut query = Self { given: &[], noted: Some(Vec::new()) };
        let error = read(&mut query).err();
        debug_assert!(error.is_none(), "a query without parameters is refused: {error:?}");
        query.noted.unwrap_or_default()
    }

    /// Reads a parameter.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        kind: impl Kind<&'a str, T>,
    ) -> Result<Option<T>, DataError> {
        if let Some(noted) = &mut self.noted {
            noted.push((key, kind.describe(key)));
        }
        self.given.iter().find(|(name, _)| name == key).map(|(_, value)| kind.read(key, value)).transpose()
    }

    /// Reads the limit of a page: 1 to `most`, and `usual` if it is absent.
    pub(super) fn limit(&mut self, key: &'static str, usual: usize, most: usize) -> Result<usize, DataError> {
        let expected = format_args!("a whole number from 1 to {most}");
        let about = format_args!("The number of entries, 1 to {most}; {usual} if absent");
        let parse = |text: &str| text.parse::<usize>().ok().filter(|number| (1..=most).contains(number));
        Ok(self.optional(key, parsed(Type::Integer, about, expected, parse))?.unwrap_or(usual))
    }

    /// Reads the cursor of a page.
    pub(super) fn cursor<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, DataError> {
        self.optional("cursor", parsed(Type::String, "`next` of the previous page", A_CURSOR, parse))
    }
}

/// What `parse` accepts; `expected` is the hint for other values. Both texts are formatted only where they are shown.
pub(super) fn parsed<'a, T>(
    schema: Type,
    about: impl Display + Copy,
    expected: impl Display + Copy,
    parse: impl FnOnce(&'a str) -> Option<T>,
) -> impl Kind<&'a str, T> {
    let bad = move |key| DataError::bad(key, format!("expected {expected}"));
    kind(
        move |key, text| parse(text).ok_or_else(|| bad(key)),
        move |key| Description::new(json!({"type": schema, "description": about.to_string()}), [bad(key)]),
    )
}

/// Any text.
pub(super) fn any<'a>(about: &str, example: &str) -> impl Kind<&'a str, &'a str> {
    kind(
        |_, text| Ok(text),
        move |_| Description::new(json!({"type": "string", "description": about, "examples": [example]}), []),
    )
}

/// One of a few words.
pub(super) fn choice<'a, T>(
    allowed: fn() -> Vec<&'static str>,
    parse: impl FnOnce(&'a str) -> Option<T>,
) -> impl Kind<&'a str, T> {
    kind(
        move |key, text| parse(text).ok_or_else(|| DataError::BadValueNotAllowed { key, allowed: allowed() }),
        move |key| {
            let schema = json!({"type": "string", "enum": allowed()});
            Description::new(schema, [DataError::BadValueNotAllowed { key, allowed: allowed() }])
        },
    )
}

/// True or false; `about` describes it.
pub(super) fn flag<'a>(about: &str) -> impl Kind<&'a str, bool> {
    kind(
        |key, text: &str| text.parse().map_err(|_| DataError::BadValueBoolean { key }),
        move |key| {
            let schema = json!({"type": "boolean", "description": about});
            Description::new(schema, [DataError::BadValueBoolean { key }])
        },
    )
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn page(query: &mut Query<'_>) -> Result<(usize, Option<String>, Option<bool>), ApiError> {
        let word = parsed(Type::String, "A word", "a word", |text| (!text.is_empty()).then(|| text.to_owned()));
        Ok((query.limit("limit", 50, 500)?, query.optional("word", word)?, query.optional("is", flag("What"))?))
    }

    fn read(query: &str) -> Result<(usize, Option<String>, Option<bool>), String> {
        let (parts, ()) = Request::get(format!("/x{query}")).body(()).unwrap().into_parts();
        Parameters::of(&parts).read(page).map_err(|error| error.legacy_text().into_owned())
    }

    #[test]
    fn parameters_are_optional_decoded_and_those_that_are_not_known_ignored() {
        assert_eq!(read(""), Ok((50, None, None)));
        assert_eq!(read("?limit=1&word=a+%C3%A9&is=true&x=1&x=2"), Ok((1, Some("a é".to_owned()), Some(true))));
    }

    #[test]
    fn a_value_that_is_none_is_named_and_a_parameter_that_stands_twice_comes_first() {
        let [limit, word] = ["a whole number from 1 to 500", "a word"];
        for (query, key, hint) in [
            ("?limit=", "limit", Some(limit)),
            ("?limit=0", "limit", Some(limit)),
            ("?limit=501", "limit", Some(limit)),
            ("?word=", "word", Some(word)),
            ("?limit=0&is=true&is=true", "query", None),
        ] {
            let hint = hint.map(|hint| format!("expected {hint}"));
            let expected = ApiError::from(DataError::BadData { key, hint });
            assert_eq!(read(query), Err(expected.legacy_text().into_owned()), "{query}");
        }
        assert_eq!(
            read("?is=1"),
            Err(ApiError::from(DataError::BadValueBoolean { key: "is" }).legacy_text().into_owned())
        );
    }
}
