//! What a client token is asked to be by `application/macaroon-request`, as dCache and XRootD have it:
//! `{"caveats":["activity:DOWNLOAD,LIST"],"validity":"PT1H"}`.

use serde_json::{Map, Value};

use super::create::bad;
use crate::caveat::{self, Caveat};
use crate::http::error::ApiError;
use crate::http::grid;
use crate::model::Period;
use crate::token::MintRequest;

/// Reads the request. `now` is in seconds since the Unix epoch, `max_ttl` in seconds. Any other key is refused, because it might
/// be a limit.
pub(super) fn read(asked: &Map<String, Value>, now: u64, max_ttl: u64) -> Result<MintRequest, ApiError> {
    if let Some(key) = asked.keys().find(|key| !["caveats", "validity"].contains(&key.as_str())) {
        let key: String = key.chars().take(100).collect();
        return Err(bad(&key, "is not known: a macaroon request has \"caveats\" and \"validity\""));
    }
    let caveats = asked.get("caveats").map(caveats).transpose()?.unwrap_or_default();
    if caveat::valid_until(&caveats).is_some_and(|until| until <= now) {
        return Err(bad("caveats", "would make a macaroon that is over already"));
    }
    let ttl = asked.get("validity").map(|value| validity(value, max_ttl)).transpose()?;
    Ok(MintRequest { valid_until: ttl.map(|ttl| now + ttl), name: None, caveats })
}

fn validity(value: &Value, max_ttl: u64) -> Result<u64, ApiError> {
    match value.as_str().and_then(Period::from_iso8601).map(Period::s) {
        Some(ttl) if (1..=max_ttl).contains(&ttl) => Ok(ttl),
        Some(_) => Err(bad("validity", &format!("must be from PT1S to PT{max_ttl}S"))),
        None => Err(bad("validity", "must be a length of time in whole days, hours, minutes and seconds, as in PT1H")),
    }
}

fn caveats(value: &Value) -> Result<Vec<Caveat>, ApiError> {
    let list = value.as_array().ok_or_else(|| bad("caveats", "must be a list of strings"))?;
    let mut caveats = Vec::new();
    for (at, item) in list.iter().enumerate() {
        let text = item.as_str().ok_or_else(|| bad("caveats", "must be a list of strings"))?;
        let wrong = |reason| bad("caveats", &format!("cannot be kept, at position {}: {reason}", at + 1));
        caveats.extend(grid::caveat(text).map_err(wrong)?);
    }
    Ok(caveats)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(asked: &Value) -> Result<(Option<u64>, Vec<String>), String> {
        match read(asked.as_object().unwrap(), 1_000, 86_400) {
            Ok(request) => Ok((request.valid_until, request.caveats.iter().map(ToString::to_string).collect())),
            Err(ApiError::BadValue(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn caveats_and_validity_are_both_optional() {
        assert_eq!(read_json(&json!({})), Ok((None, vec![])));
        let asked = json!({"caveats": ["activity:LIST,DOWNLOAD", "path:/"], "validity": "PT60M"});
        assert_eq!(read_json(&asked), Ok((Some(4_600), vec!["data.readonly".to_owned()])));
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        for (asked, reason) in [
            (json!({"validity": "PT0S"}), "\"validity\" must be from PT1S to PT86400S"),
            (json!({"validity": "P2D"}), "\"validity\" must be from PT1S to PT86400S"),
            (json!({"validity": 20}), "\"validity\" must be a length of time"),
            (json!({"validity": null}), "\"validity\" must be a length of time"),
            (json!({"validity": "P1Y"}), "\"validity\" must be a length of time"),
            (json!({"caveats": "activity:LIST,DOWNLOAD"}), "\"caveats\" must be a list of strings"),
            (json!({"caveats": [7]}), "\"caveats\" must be a list of strings"),
            (
                json!({"caveats": ["path:/", "activity:UPLOAD"]}),
                "\"caveats\" cannot be kept, at position 2: \"UPLOAD\"",
            ),
            (json!({"caveats": ["before:1970-01-01T00:16:40Z"]}), "\"caveats\" would make a macaroon that is over"),
            (json!({"caveat": []}), "\"caveat\" is not known"),
        ] {
            let refused = read_json(&asked).unwrap_err();
            assert!(refused.starts_with(&format!("Bad value: provided {reason}")), "{asked}: {refused}");
        }
    }
}
