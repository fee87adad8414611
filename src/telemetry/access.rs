//! One line per request.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::settings::Format;
use super::sink::Sink;
use crate::clock;
use crate::model::{TokenId, UserId};

/// What a request's line says.
#[derive(Debug)]
pub struct RequestLine<'a> {
    /// When it was answered, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The answer's status.
    pub status: u16,
    /// The method. Any token that HTTP allows.
    pub method: &'a str,
    /// The path, redacted.
    pub path: &'a str,
    /// From the request's head to the answer's.
    pub duration: Duration,
    /// The TCP peer.
    pub peer: IpAddr,
    /// The id that the answer carries in `x-request-id`.
    pub request_id: &'a str,
    /// Who asked.
    pub user: Option<UserId>,
    /// With which token.
    pub token: Option<TokenId>,
    /// Why it failed, if that was our own fault.
    pub cause: Option<&'a str>,
}

/// Writes requests' lines, or nothing.
#[derive(Clone)]
pub struct AccessLog(Option<(Sink, Format)>);

impl AccessLog {
    /// Writes lines to `sink`.
    #[must_use]
    pub fn new(sink: Sink, format: Format) -> Self {
        Self(Some((sink, format)))
    }

    /// Writes nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether lines are written at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes one line.
    pub fn write(&self, line: &RequestLine<'_>) {
        if let Some((sink, format)) = &self.0 {
            sink.append(|lines| {
                let _ = match format {
                    Format::Human => human(lines, line),
                    Format::Json => json(lines, line),
                };
            });
        }
    }
}

fn human(out: &mut Vec<u8>, line: &RequestLine<'_>) -> std::io::Result<()> {
    clock::write_rfc3339_ms(out, line.at_ms);
    let ms = line.duration.as_secs_f64() * 1e3;
    write!(out, " {} {} {}", line.status, line.method, line.path.escape_debug())?;
    write!(out, " {ms:.3}ms peer={} request.id={}", line.peer, line.request_id)?;
    if let Some(user) = line.user {
        write!(out, " user.id={user}")?;
    }
    if let Some(token) = line.token {
        write!(out, " token.id={token}")?;
    }
    if let Some(cause) = line.cause {
        write!(out, " cause={cause:?}")?;
    }
    out.push(b'\n');
    Ok(())
}

fn json(out: &mut Vec<u8>, line: &RequestLine<'_>) -> std::io::Result<()> {
    let ms = line.duration.as_secs_f64() * 1e3;
    out.extend_from_slice(b"{\"time\":\"");
    clock::write_rfc3339_ms(out, line.at_ms);
    write!(out, "\",\"level\":\"info\",\"message\":\"request\",\"status\":{},\"method\":", line.status)?;
    serde_json::to_writer(&mut *out, line.method)?;
    out.extend_from_slice(b",\"path\":");
    serde_json::to_writer(&mut *out, line.path)?;
    write!(out, ",\"duration_ms\":{ms:.3},\"peer\":\"{}\",\"request.id\":\"{}\"", line.peer, line.request_id)?;
    if let Some(user) = line.user {
        write!(out, ",\"user.id\":\"{user}\"")?;
    }
    if let Some(token) = line.token {
        write!(out, ",\"token.id\":\"{token}\"")?;
    }
    if let Some(cause) = line.cause {
        out.extend_from_slice(b",\"cause\":");
        serde_json::to_writer(&mut *out, cause)?;
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> RequestLine<'static> {
        RequestLine {
            at_ms: 1_522_358_333_007,
            status: 200,
            method: "GET",
            path: "/\u{7}\"x",
            duration: Duration::from_micros(1_500),
            peer: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            request_id: "a-1",
            user: Some(UserId::from_bytes([0; 16])),
            token: None,
            cause: Some("disk \"full\""),
        }
    }

    #[test]
    fn a_json_line_is_one_json_object() {
        let mut out = Vec::new();
        json(&mut out, &line()).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(object["time"], "2018-03-29T21:18:53.007Z");
        assert_eq!(object["path"], "/\u{7}\"x");
        assert_eq!(object["duration_ms"], 1.5);
        assert_eq!(object["user.id"], "0".repeat(32));
        assert_eq!(object["cause"], "disk \"full\"");
    }

    #[test]
    fn a_line_for_people_holds_no_control_character() {
        let mut out = Vec::new();
        human(&mut out, &line()).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("2018-03-29T21:18:53.007Z 200 GET /\\u{7}"), "{text}");
        assert_eq!(text.chars().filter(|c| c.is_control()).count(), 1);
    }
}
