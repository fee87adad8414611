//! Reads `application/macaroon-request`, as dCache and XRootD define it:
//! `{"caveats":["activity:DOWNLOAD,LIST"],"validity":"PT1H"}`.

use serde_json::{Map, Value};

use crate::dcache;
use crate::error::ApiError;
use zonemint_base::model::Period;
use zonemint_caveat::{self as caveat, Caveat};
use zonemint_service::token::MintRequest;

/// Reads the request. `now` is in seconds since the Unix epoch, `max_ttl` and `usual_ttl` in seconds. Any other key is refused,
/// because it might be a limit. `null` means absent, as in dCache.
pub(super) fn read(
    asked: &Map<String, Value>,
    now: u64,
    max_ttl: u64,
    usual_ttl: u64,
) -> Result<MintRequest, ApiError> {
    if let Some(key) = asked.keys().find(|key| !["caveats", "validity"].contains(&key.as_str())) {
        let key: String = key.chars().take(100).collect();
        return Err(ApiError::bad_value(&key, "is not known: a macaroon request has \"caveats\" and \"validity\""));
    }
    let value = |key| asked.get(key).filter(|value| !value.is_null());
    let caveats = value("caveats").map(caveats).transpose()?.unwrap_or_default();
    if caveat::valid_until(&caveats).is_some_and(|until| until <= now) {
        return Err(ApiError::bad_value("caveats", "would make a macaroon that has already expired"));
    }
    let ttl = match value("validity") {
        Some(value) => Some(validity(value, max_ttl)?),
        // An end among the caveats takes the place of the default.
        None => caveat::valid_until(&caveats).is_none().then_some(usual_ttl.min(max_ttl)),
    };
    Ok(MintRequest { valid_until: ttl.map(|ttl| now + ttl), name: None, caveats, encoding: None })
}

fn validity(value: &Value, max_ttl: u64) -> Result<u64, ApiError> {
    // Less than a second counts as one, and fractions of more are cut off, so the token never lasts much longer than requested.
    let seconds = |period: Period| if period.ms() == 0 { 0 } else { period.s().max(1) };
    match value.as_str().and_then(Period::from_iso8601).map(seconds) {
        Some(ttl) if (1..=max_ttl).contains(&ttl) => Ok(ttl),
        Some(_) => Err(ApiError::bad_value("validity", format!("must be from PT1S to PT{max_ttl}S"))),
        None => Err(ApiError::bad_value(
            "validity",
            "must be a length of time in days, hours, minutes and seconds, as in PT1H",
        )),
    }
}

fn caveats(value: &Value) -> Result<Vec<Caveat>, ApiError> {
    let list = value.as_array().ok_or_else(|| ApiError::bad_value("caveats", "must be a list of strings"))?;
    let (mut caveats, mut base) = (Vec::new(), String::new());
    for (at, item) in list.iter().enumerate() {
        let text = item.as_str().ok_or_else(|| ApiError::bad_value("caveats", "must be a list of strings"))?;
        let wrong =
            |reason| ApiError::bad_value("caveats", format!("cannot be kept, at position {}: {reason}", at + 1));
        caveats.extend(dcache::caveat(&dcache::below(&mut base, text)).map_err(wrong)?);
    }
    Ok(caveats)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    fn read_json(asked: &Value) -> Result<(Option<u64>, Vec<String>), String> {
        match read(asked.as_object().unwrap(), 1_000, 86_400, 3_600) {
            Ok(request) => Ok((request.valid_until, request.caveats.iter().map(ToString::to_string).collect())),
            Err(ApiError::BadValue(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn caveats_and_validity_are_both_optional() {
        for asked in [json!({}), json!({"caveats": null, "validity": null})] {
            assert_eq!(read_json(&asked), Ok((Some(4_600), vec![])));
        }
        let asked = json!({"caveats": ["activity:LIST, DOWNLOAD", "path:/"], "validity": "PT120M"});
        assert_eq!(read_json(&asked), Ok((Some(8_200), vec!["data.readonly".to_owned()])));
        let asked = json!({"caveats": ["before:1970-01-02T00:00:00Z"]});
        assert_eq!(read_json(&asked), Ok((None, vec!["time < 86400".to_owned()])));
        for (validity, ttl) in [("PT0.5S", 1), ("PT1.9S", 1), ("PT59.999S", 59), ("P+1D", 86_400), ("+PT1M", 60)] {
            assert_eq!(read_json(&json!({"validity": validity})), Ok((Some(1_000 + ttl), vec![])), "{validity}");
        }
    }

    #[test]
    fn a_second_path_is_relative_to_the_first() {
        for (paths, ours) in [
            (&["/space", "/dir"][..], "/space|/space/dir"),
            (&["/space/", "/dir/", "/"], "/space|/space/dir|/space/dir"),
            (&["/", "/space"], "/space"),
        ] {
            let caveats: Vec<_> = paths.iter().map(|path| format!("path:{path}")).collect();
            let expected: Vec<_> =
                ours.split('|').map(|path| format!("data.path = {}", STANDARD.encode(path))).collect();
            assert_eq!(read_json(&json!({"caveats": caveats})).unwrap().1, expected, "{paths:?}");
        }
        for paths in [["path:/space", "path:dir"], ["path:/space", "path://"], ["path:/space", "path:/../other"]] {
            assert!(read_json(&json!({"caveats": paths})).unwrap_err().contains("at position 2"), "{paths:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        for (asked, reason) in [
            (json!({"validity": "PT0S"}), "\"validity\" must be from PT1S to PT86400S"),
            (json!({"validity": "P2D"}), "\"validity\" must be from PT1S to PT86400S"),
            (json!({"validity": 20}), "\"validity\" must be a length of time"),
            (json!({"validity": "PT-1S"}), "\"validity\" must be a length of time"),
            (json!({"caveats": [null]}), "\"caveats\" must be a list of strings"),
            (json!({"validity": "P1Y"}), "\"validity\" must be a length of time"),
            (json!({"caveats": "activity:LIST,DOWNLOAD"}), "\"caveats\" must be a list of strings"),
            (json!({"caveats": [7]}), "\"caveats\" must be a list of strings"),
            (
                json!({"caveats": ["path:/", "activity:UPLOAD"]}),
                "\"caveats\" cannot be kept, at position 2: \"UPLOAD\"",
            ),
            (
                json!({"caveats": ["before:1970-01-01T00:16:40Z"]}),
                "\"caveats\" would make a macaroon that has already expired",
            ),
            (json!({"caveat": []}), "\"caveat\" is not known"),
        ] {
            let refused = read_json(&asked).unwrap_err();
            assert!(refused.starts_with(&format!("Bad value: provided {reason}")), "{asked}: {refused}");
        }
    }
}
