//! `POST /user/client_tokens`: mints a durable token for a password. Grid clients may send their own form of request.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use serde_json::Map;

use super::macaroon_request;
use crate::answer::X_IGNORED_OPTIONS;
use crate::api::prelude::*;
use crate::api::tokens::{EXAMPLE_TEXT, EncodingOption, UNMEETABLE, not_minted, with_encoding};
use crate::extract::ClientTokenRequest;
use crate::kind::{Description, Kind, kind, list_of_caveats, read_integer};
use crate::openapi::service_forbidden;
use zonemint_base::model::TokenName;
use zonemint_caveat::{self as caveat, Caveat, Time};
use zonemint_macaroon::Encoding;
use zonemint_service::token::{MintError, MintRequest};

operation! { CreateClientToken: post "/user/client_tokens" create = Create "user" Caller "client_tokens" Private }

/// The names of the options that are read.
static OPTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let example = Map::from_iter([]);
    Body::described(&example, |body| read(body, EncodingOption::default(), 0, u64::MAX / 2)).names()
});
/// How many unknown options are named, and with how many characters at most.
const MOST_SHOWN: usize = 8;
const LONGEST_SHOWN: usize = 32;

/// Scripts take the last quoted string of the line: the token must be the last thing in it.
#[derive(Serialize, ToSchema)]
struct ClientToken {
    token: String,
}

pub(crate) fn document() -> Document {
    let document = Document::by::<CreateClientToken>("Mint a client token")
        .about(
            "Stores the token and its audit row before it answers. Without `ttl`, `validUntil` and a time caveat, the \
             token is valid for `token.ttl` (one year).",
        )
        .about("Ignores unknown options, as Onezone does, and names them in `X-Ignored-Options`.")
        .about(UNMEETABLE)
        .about(
            "Grid clients may send `application/macaroon-request` instead, as to dCache; they receive `{\"macaroon\":…}`.",
        )
        .body(json!({"ttl": 86_400, "caveats": [{"type": "ip", "whitelist": ["192.0.2.0/24"]}]}), |body| {
            read(body, EncodingOption::default(), 0, u64::MAX / 2)
        })
        .answers(StatusCode::OK, "The token.", &ClientToken { token: EXAMPLE_TEXT.to_owned() })
        .header("X-Warning")
        .header("X-Ignored-Options")
        .fails([
            ApiError::bad_value("ttl", "must be at least 1"),
            ApiError::bad_value("name", "must be a string"),
            ApiError::bad_value("caveats", "must be a list of caveats"),
            end_too_late(),
        ])
        .fails([MintError::NameTaken, MintError::NameOfRevoked, MintError::TooMany])
        .fails(not_minted())
        .fails([service_forbidden()]);
    with_encoding(document)
}

pub(crate) async fn create(
    services: Shared,
    caller: Authorized<CreateClientToken>,
    encoding: EncodingOption,
    body: ClientTokenRequest,
) -> Result<Response> {
    let (now, max_ttl) = (services.clock.earliest_s(), services.tokens.settings().max_ttl.s());
    let ignored = if let ClientTokenRequest::Options(options) = &body { ignored(options) } else { None };
    let request = match &body {
        ClientTokenRequest::Options(options) => read(&mut Body::new(options), encoding, now, max_ttl)?,
        ClientTokenRequest::Macaroon(asked) => {
            let usual_ttl = services.tokens.settings().macaroon_request_ttl.s();
            let request = macaroon_request::read(asked, now, max_ttl, usual_ttl)?;
            // The encoding that every macaroon library reads, whatever the setting is.
            MintRequest { encoding: encoding.or(None)?.or(Some(Encoding::BASE64URL)), ..request }
        }
    };
    let minted = services.tokens.mint(caller.user.id, request, &caller).await?;
    let answer = match body {
        ClientTokenRequest::Options(_) => answer::json_text("token", &minted.text),
        // What dCache answers.
        ClientTokenRequest::Macaroon(_) => answer::json_text("macaroon", &minted.text),
    };
    let mut answer = answer::warn(answer?, minted.warning.as_deref());
    answer.headers_mut().extend(ignored.map(|names| (X_IGNORED_OPTIONS, names)));
    Ok(answer)
}

/// Names unknown options, so that a misspelled one is seen. Characters that could harm a terminal or a log are replaced.
fn ignored(options: &Map<String, Value>) -> Option<HeaderValue> {
    let shown = |name: &String| {
        let shown = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '?' };
        let text: String = name.chars().take(LONGEST_SHOWN).map(shown).collect();
        if text.is_empty() { "?".to_owned() } else { text }
    };
    let unknown = options.keys().filter(|name| !OPTIONS.contains(name));
    let names: Vec<_> = unknown.take(MOST_SHOWN).map(shown).collect();
    if names.is_empty() { None } else { HeaderValue::from_str(&names.join(", ")).ok() }
}

/// Reads the options. `now` is in seconds since the Unix epoch, `max_ttl` in seconds.
fn read(body: &mut Body<'_>, encoding: EncodingOption, now: u64, max_ttl: u64) -> Result<MintRequest> {
    let ttl = body.option("ttl", ttl(max_ttl))?.map(|ttl| now + ttl);
    let valid_until = body.option("validUntil", valid_until(now, max_ttl))?;
    if ttl.is_some() && valid_until.is_some() {
        return Err(ApiError::bad_value("ttl", "cannot be given together with \"validUntil\": both set the end"));
    }
    Ok(MintRequest {
        valid_until: ttl.or(valid_until),
        name: body.option("name", name())?,
        caveats: body.option("caveats", caveats())?.unwrap_or_default(),
        encoding: encoding.or_option(body)?,
    })
}

/// The description of an option. The operation lists the errors itself.
fn described(schema: &Type, about: &str, example: &Value) -> Description {
    Description::new(json!({"type": schema, "description": about, "examples": [example]}), [])
}

fn ttl<'a>(most: u64) -> impl Kind<&'a Value, u64, ApiError> {
    kind(
        move |key, value| Ok(read_integer(key, value, &(1..=most))?),
        |_| described(&Type::Integer, "Seconds, at most `token.max_ttl`", &json!(86_400)),
    )
}

fn valid_until<'a>(now: u64, max_ttl: u64) -> impl Kind<&'a Value, u64, ApiError> {
    kind(
        move |key, value: &Value| match value.as_u64() {
            Some(end) if end > Time::LATEST => Err(end_too_late()),
            _ => Ok(read_integer(key, value, &(now + 1..=now + max_ttl))?),
        },
        |_| described(&Type::Integer, "Unix seconds; not together with `ttl`", &json!(1_800_000_000)),
    )
}

fn end_too_late() -> ApiError {
    ApiError::BadValue(format!("Bad value: {}", caveat::JsonError::EndTooLate))
}

fn name<'a>() -> impl Kind<&'a Value, TokenName, ApiError> {
    kind(
        |key, value: &Value| {
            let text = value.as_str().ok_or(DataError::BadValueString { key })?;
            if text.is_empty() {
                return Err(DataError::BadValueEmpty { key }.into());
            }
            TokenName::parse(text).map_err(|rule| ApiError::bad_value(key, format!("is not a token name: {rule}")))
        },
        |_| described(&Type::String, "Unique among the account's tokens", &json!("nightly backup")),
    )
}

fn caveats<'a>() -> impl Kind<&'a Value, Vec<Caveat>, ApiError> {
    kind(
        |key, value: &Value| {
            let list = value.as_array().ok_or_else(|| ApiError::bad_value(key, "must be a list of caveats"))?;
            let caveat = |(at, json): (usize, &Value)| {
                Caveat::read_new(json).map_err(|rule| {
                    ApiError::bad_value(
                        key,
                        format!("has an element that is not a caveat, at position {}: {rule}", at + 1),
                    )
                })
            };
            list.iter().enumerate().map(caveat).collect()
        },
        |_| Description::new(list_of_caveats(), []),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_json(options: &Value) -> Result<MintRequest, String> {
        let mut body = Body::new(options.as_object().unwrap());
        read(&mut body, EncodingOption::default(), 1_000, 500).map_err(|error| error.legacy_text().into_owned())
    }

    #[test]
    fn options_are_optional_and_unknown_ones_ignored() {
        assert_eq!(read_json(&json!({})), Ok(MintRequest::default()));
        assert_eq!(read_json(&json!({"usageLimit": 1, "type": {}})), Ok(MintRequest::default()));
    }

    #[test]
    fn unknown_options_are_named_and_cannot_write_what_they_like() {
        let named =
            |options: &Value| ignored(options.as_object().unwrap()).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(named(&json!({"ttl": 60, "validUntil": 1, "name": "x", "caveats": [], "encoding": "v2"})), None);
        assert_eq!(named(&json!({"tll": 60})).as_deref(), Some("tll"));
        assert_eq!(named(&json!({"a\r\nx-b: c": 1, "": 2, "ż": 3})).as_deref(), Some("a??x?b??c, ?, ?"));
        let many: Map<_, _> = (0..20).map(|number| (format!("{number:040}"), Value::Null)).collect();
        let eight = vec!["0".repeat(32); 8].join(", ");
        assert_eq!(named(&Value::Object(many)), Some(eight));
    }

    #[test]
    fn lifetimes_are_bounded_on_both_sides() {
        assert_eq!(read_json(&json!({"ttl": 500})).unwrap().valid_until, Some(1_500));
        assert_eq!(read_json(&json!({"validUntil": 1_001})).unwrap().valid_until, Some(1_001));
        for (options, reason) in [
            (json!({"ttl": 0}), "\"ttl\" must be at least 1"),
            (json!({"ttl": -5}), "\"ttl\" must be at least 1"),
            (json!({"ttl": 501}), "\"ttl\" must not exceed 500"),
            (json!({"ttl": 1.5}), "\"ttl\" must be an integer"),
            (json!({"ttl": "60"}), "\"ttl\" must be an integer"),
            (json!({"ttl": null}), "\"ttl\" must be an integer"),
            (json!({"ttl": true}), "\"ttl\" must be an integer"),
            (json!({"validUntil": 1_000}), "\"validUntil\" must be at least 1001"),
            (json!({"validUntil": 1_501}), "\"validUntil\" must not exceed 1500"),
            (json!({"ttl": 1, "validUntil": 1_001}), "\"ttl\" cannot be given together with \"validUntil\""),
        ] {
            let error = read_json(&options).unwrap_err();
            assert!(error.starts_with(&format!("Bad value: provided {reason}")), "{options}: {error}");
        }
    }

    #[test]
    fn a_bad_name_or_caveat_is_named() {
        for (options, reason) in [
            (json!({"name": ""}), "\"name\" must not be empty"),
            (json!({"name": 7}), "\"name\" must be a string"),
            (json!({"name": "-x-"}), "\"name\" is not a token name"),
            (json!({"caveats": {}}), "\"caveats\" must be a list of caveats"),
            (json!({"caveats": [{"type": "time", "validUntil": 1}, {"type": "moon"}]}), "\"caveats\" has an element"),
            (json!({"caveats": [{"type": "time"}]}), "\"caveats\" has an element that is not a caveat, at position 1"),
        ] {
            let error = read_json(&options).unwrap_err();
            assert!(error.starts_with(&format!("Bad value: provided {reason}")), "{options}: {error}");
        }
    }
}
