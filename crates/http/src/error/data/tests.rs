//! The catalogue, written out: what each error answers in both contracts.

use serde_json::{Value, json};

use super::super::ApiError;
use super::super::render::{answer, assert_answer};
use super::*;

struct Expected {
    error: DataError,
    id: &'static str,
    details: &'static str,
    description: &'static str,
    legacy: &'static str,
}

fn expected(
    error: DataError,
    id: &'static str,
    details: &'static str,
    description: &'static str,
    legacy: &'static str,
) -> Expected {
    Expected { error, id, details, description, legacy }
}

fn of_presence_and_type() -> Vec<Expected> {
    let key = "name";
    vec![
        expected(
            DataError::MissingRequiredValue { key },
            "missingRequiredValue",
            r#"{"key":"name"}"#,
            "Missing required value: name.",
            "Missing required value: name",
        ),
        expected(
            DataError::MissingAtLeastOneValue { keys: &["customMetadata", "name", "revoked"] },
            "missingAtLeastOneValue",
            r#"{"keys":["customMetadata","name","revoked"]}"#,
            r#"Missing data, you must provide at least one of: [<<"customMetadata">>,<<"name">>,<<"revoked">>]."#,
            "Missing data, you must provide at least one of: customMetadata, name, revoked",
        ),
        expected(
            DataError::BadData { key, hint: None },
            "badData",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" has an invalid format or is incomprehensible in the context of this operation."#,
            r#"Bad value: provided "name" could not be understood by the server"#,
        ),
        expected(
            DataError::BadData { key, hint: Some("it is too quiet".to_owned()) },
            "badData",
            r#"{"key":"name","hint":"it is too quiet"}"#,
            r#"Bad value provided for "name": it is too quiet."#,
            r#"Bad value provided for "name": it is too quiet"#,
        ),
        expected(
            DataError::BadValueEmpty { key },
            "badValueEmpty",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" must not be empty."#,
            r#"Bad value: provided "name" must not be empty"#,
        ),
        expected(
            DataError::BadValueBoolean { key },
            "badValueBoolean",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" must be a boolean."#,
            r#"Bad value: provided "name" must be a boolean"#,
        ),
        expected(
            DataError::BadValueString { key },
            "badValueString",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" must be a string."#,
            r#"Bad value: provided "name" must be a string"#,
        ),
        expected(
            DataError::BadValueInteger { key },
            "badValueInteger",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" must be an integer."#,
            r#"Bad value: provided "name" must be an integer"#,
        ),
        expected(
            DataError::BadValueJson { key },
            "badValueJSON",
            r#"{"key":"name"}"#,
            r#"Bad value: provided "name" must be a valid JSON."#,
            r#"Bad value: provided "name" must be a valid JSON"#,
        ),
    ]
}

fn of_tokens_and_ranges() -> Vec<Expected> {
    let key = "x";
    vec![
        expected(
            DataError::BadValueToken { key, error: TokenError::bad("data follows the signature") },
            "badValueToken",
            r#"{"key":"x","tokenError":{"id":"badToken","details":{"hint":"data follows the signature"},"description":"Provided token could not be understood by the server: data follows the signature.","ctx":null}}"#,
            r#"Bad value: provided "x" is not a valid token: Provided token could not be understood by the server: data follows the signature."#,
            r#"Bad value: provided "x" is not a valid token"#,
        ),
        expected(
            DataError::BadValueToken { key, error: TokenError::TokenTooLarge { limit: 1_048_576 } },
            "badValueToken",
            r#"{"key":"x","tokenError":{"id":"tokenTooLarge","details":{"limit":1048576},"description":"Provided token exceeds the allowed size (1048576 characters).","ctx":null}}"#,
            r#"Bad value: provided "x" is not a valid token: Provided token exceeds the allowed size (1048576 characters)."#,
            r#"Bad value: provided "x" is not a valid token"#,
        ),
        expected(
            DataError::BadValueTokenType { key },
            "badValueTokenType",
            r#"{"key":"x"}"#,
            r#"Bad value: provided "x" is not a valid token type."#,
            r#"Bad value: provided "x" is of invalid type"#,
        ),
        expected(
            DataError::BadValueInviteType { key },
            "badValueInviteType",
            r#"{"key":"x"}"#,
            r#"Bad value: provided "x" is not a valid invite type."#,
            r#"Bad value: provided "x" is not a valid invite type"#,
        ),
        expected(
            DataError::BadValueIpv4Address { key },
            "badValueIPv4Address",
            r#"{"key":"x"}"#,
            r#"Bad value: provided "x" is not a valid IPv4 address."#,
            r#"Bad value: provided "x" is not a valid IPv4 address"#,
        ),
        expected(
            DataError::BadValueNotAllowed { key, allowed: vec!["rest", "oneclient"] },
            "badValueNotAllowed",
            r#"{"key":"x","allowed":["rest","oneclient"]}"#,
            r#"Bad value: provided "x" must be one of: rest, oneclient."#,
            r#"Bad value: provided "x" must be one of: rest, oneclient"#,
        ),
        expected(
            DataError::BadValueTooLow { key, limit: 1 },
            "badValueTooLow",
            r#"{"key":"x","limit":1}"#,
            r#"Bad value: provided "x" must be at least 1."#,
            r#"Bad value: provided "x" must be at least 1"#,
        ),
        expected(
            DataError::BadValueTooHigh { key, limit: 500 },
            "badValueTooHigh",
            r#"{"key":"x","limit":500}"#,
            r#"Bad value: provided "x" must not exceed 500."#,
            r#"Bad value: provided "x" must not exceed 500"#,
        ),
        expected(
            DataError::TokenTimeCaveatRequired { max_ttl: 2_592_000 },
            "tokenTimeCaveatRequired",
            r#"{"maxTtl":2592000}"#,
            "You must specify a time caveat with maximum TTL of 2592000 seconds.",
            "You must specify a time caveat with maximum TTL of 2592000 seconds",
        ),
    ]
}

fn of_names_and_references() -> Vec<Expected> {
    vec![
        expected(
            DataError::BadValueIdentifierOccupied { key: "name" },
            "badValueIdentifierOccupied",
            r#"{"key":"name"}"#,
            r#"Bad value: provided identifier ("name") is already occupied."#,
            r#"Bad value: provided identifier ("name") is already occupied"#,
        ),
        expected(
            DataError::NameOfRevokedToken,
            "badValueIdentifierOccupied",
            r#"{"key":"name"}"#,
            r#"Bad value: provided identifier ("name") is already occupied by a revoked token; delete that token, and the name is free: DELETE /tokens/named/{id}, or `zonemint tokens revoke --delete NAME`."#,
            r#"Bad value: provided identifier ("name") is already occupied by a revoked token; delete that token, and the name is free: DELETE /tokens/named/{id}, or `zonemint tokens revoke --delete NAME`"#,
        ),
        expected(
            DataError::BadValueCaveat { caveat: json!({"type": "moon", "phase": [1, null]}) },
            "badValueCaveat",
            r#"{"caveat":{"type":"moon","phase":[1,null]}}"#,
            r#"Provided caveat is invalid: '{"type":"moon","phase":[1,null]}'."#,
            r#"Provided caveat is invalid: '{"type":"moon","phase":[1,null]}'"#,
        ),
        expected(
            DataError::BadValueName,
            "badValueName",
            r#"{"key":"name"}"#,
            "Bad value: Name must be 2-128 characters long and composed only of UTF-8 letters, digits, brackets and underscores. Dashes, spaces and dots are allowed (but not at the beginning or the end).",
            "Bad value: Name must be 2-128 characters long and composed only of UTF-8 letters, digits, brackets and underscores. Dashes, spaces and dots are allowed (but not at the beginning or the end)",
        ),
        expected(
            DataError::BadValueFullName,
            "badValueFullName",
            "",
            "Bad value: Full name must be 2-128 characters long and composed only of UTF-8 letters and digits. Dashes, spaces, dots, commas and apostrophes are allowed (but not at the beginning or the end).",
            "Bad value: Full name must be 2-128 characters long and composed only of UTF-8 letters and digits. Dashes, spaces, dots, commas and apostrophes are allowed (but not at the beginning or the end)",
        ),
        expected(
            DataError::BadValueUsername(NameRule::Onezone),
            "badValueUsername",
            "",
            "Bad value: Username must be 2-32 characters long and composed only of letters and digits. Dashes and underscores are allowed (but not at the beginning or the end).",
            "Bad value: Username must be 2-32 characters long and composed only of letters and digits. Dashes and underscores are allowed (but not at the beginning or the end)",
        ),
        expected(
            DataError::BadValuePassword(PasswordRefused::Short),
            "badValuePassword",
            "",
            "Bad value: Password must be at least 8 characters long.",
            "Bad value: Password must be at least 8 characters long",
        ),
        expected(
            DataError::BadValuePassword(PasswordRefused::Long),
            "badValuePassword",
            "",
            "Bad value: Password must be at least 8 characters long and have at most 1024 bytes.",
            "Bad value: Password must be at least 8 characters long and have at most 1024 bytes",
        ),
        expected(
            DataError::BadValuePassword(PasswordRefused::Common),
            "badValuePassword",
            "",
            "Bad value: Password must be at least 8 characters long, and not one of the most common ones, which would be guessed at once.",
            "Bad value: Password must be at least 8 characters long, and not one of the most common ones, which would be guessed at once",
        ),
        expected(
            DataError::BadValuePassword(PasswordRefused::Token),
            "badValuePassword",
            "",
            "Bad value: Password must be at least 8 characters long, and not begin with MD or Ag if it has more than 100.",
            "Bad value: Password must be at least 8 characters long, and not begin with MD or Ag if it has more than 100",
        ),
        expected(
            DataError::BadValuePassword(PasswordRefused::ControlCharacter),
            "badValuePassword",
            "",
            "Bad value: Password must be at least 8 characters long and hold no control characters.",
            "Bad value: Password must be at least 8 characters long and hold no control characters",
        ),
    ]
}

#[test]
fn each_error_answers_as_the_catalogue_says() {
    for row in [of_presence_and_type(), of_tokens_and_ranges(), of_names_and_references()].into_iter().flatten() {
        let legacy = format!(r#"{{"error":{}}}"#, Value::from(row.legacy));
        assert_eq!(answer(ApiError::Data(row.error.clone()), Style::Legacy), (400, legacy));
        assert_answer(ApiError::Data(row.error), 400, row.id, row.details, row.description);
    }
}
