//! A row as one line of JSON, with everything that is needed to verify it: how rows are exported and archived.

use serde::{Deserialize, Serialize};

use zonemint_base::clock;
use zonemint_base::model::{TokenId, from_hex, hex};
use zonemint_store::{AuditAction, AuditRow, Chain};

/// A line's keys, in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Line {
    chain: String,
    seq: u64,
    time: String,
    at_ms: u64,
    action: String,
    actor: Option<String>,
    user: Option<String>,
    token: Option<String>,
    note: Option<String>,
    previous: Option<String>,
    hash: String,
}

/// Why a line is no row.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// No JSON, or not that of a row.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A value that no row has.
    #[error("\"{0}\" has a value that no row has")]
    Value(&'static str),
}

/// Writes a row, without an end of the line. `previous` is the hash that it follows, where that is known.
#[must_use]
pub fn write(row: &AuditRow, previous: Option<&[u8; 32]>) -> String {
    serde_json::to_string(&object(row, previous)).unwrap_or_default()
}

/// As [`write()`], as a part of a larger text.
#[must_use]
pub fn object(row: &AuditRow, previous: Option<&[u8; 32]>) -> impl Serialize + use<> {
    Line {
        chain: row.chain.as_str().to_owned(),
        seq: row.seq,
        time: time(row.at_ms),
        at_ms: row.at_ms,
        action: row.action.name().to_owned(),
        actor: row.actor.map(|id| id.to_string()),
        user: row.user.map(|id| id.to_string()),
        token: row.token.map(|id| id.to_string()),
        note: row.note.clone(),
        previous: previous.map(|hash| hex(hash)),
        hash: hex(&row.hash),
    }
}

/// Takes back what [`write()`] gave.
///
/// # Errors
/// [`LineError`] for anything else.
pub fn parse(text: &str) -> Result<(AuditRow, Option<[u8; 32]>), LineError> {
    let line: Line = serde_json::from_str(text)?;
    let user = |key, text: Option<String>| text.map(|text| text.parse().map_err(|_| LineError::Value(key))).transpose();
    let token = line.token.map(|text| TokenId::parse(text.as_bytes()).map_err(|_| LineError::Value("token")));
    let previous = line.previous.map(|text| from_hex(&text).ok_or(LineError::Value("previous")));
    if time(line.at_ms) != line.time {
        return Err(LineError::Value("time"));
    }
    let row = AuditRow {
        chain: Chain::parse(&line.chain).ok_or(LineError::Value("chain"))?,
        seq: Some(line.seq).filter(|seq| *seq > 0).ok_or(LineError::Value("seq"))?,
        at_ms: line.at_ms,
        action: AuditAction::from_name(&line.action).ok_or(LineError::Value("action"))?,
        actor: user("actor", line.actor)?,
        user: user("user", line.user)?,
        token: token.transpose()?,
        note: line.note,
        hash: from_hex(&line.hash).ok_or(LineError::Value("hash"))?,
    };
    Ok((row, previous.transpose()?))
}

/// A moment of a row, with milliseconds.
#[must_use]
pub fn time(at_ms: u64) -> String {
    let mut out = Vec::with_capacity(24);
    clock::write_rfc3339_ms(&mut out, at_ms);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::UserId;
    use zonemint_base::random::Random;

    fn row(token: Option<TokenId>) -> AuditRow {
        AuditRow {
            chain: Chain::parse("node-1").unwrap(),
            seq: 3,
            at_ms: 951_868_799_042,
            action: AuditAction::TokenMint,
            actor: None,
            user: Some(UserId::from_bytes([7; 16])),
            token,
            note: Some("a=\"b\"\n".to_owned()),
            hash: [1; 32],
        }
    }

    #[test]
    fn a_row_survives_being_written() {
        let random = Random::danger_seeded(1);
        for token in [None, Some(TokenId::new(5, &random)), Some(TokenId::named(6, &random))] {
            for previous in [None, Some([9; 32])] {
                let line = write(&row(token), previous.as_ref());
                assert!(!line.contains('\n'), "{line}");
                let (read, before) = parse(&line).unwrap();
                assert_eq!((read, before), (row(token), previous));
            }
        }
    }

    #[test]
    fn what_no_row_has_is_refused_by_its_key() {
        let line = write(&row(None), None);
        for (from, to, key) in [
            ("\"node-1\"", "\"node 1\"", "chain"),
            ("\"seq\":3", "\"seq\":0", "seq"),
            ("2000-02-29T", "2001-02-28T", "time"),
            ("token.mint", "token.print", "action"),
            ("0707", "07", "user"),
            ("\"hash\":\"01", "\"hash\":\"0A", "hash"),
            ("\"previous\":null", "\"previous\":\"\"", "previous"),
            ("\"token\":null", "\"token\":\"x\"", "token"),
        ] {
            let error = parse(&line.replace(from, to)).unwrap_err();
            assert!(matches!(error, LineError::Value(at) if at == key), "{key}: {error}");
        }
        for wrong in [line.replace("\"seq\"", "\"sequence\""), line.replace("null", "5"), format!("{line}{line}")] {
            assert!(matches!(parse(&wrong), Err(LineError::Json(_))), "{wrong}");
        }
    }
}
