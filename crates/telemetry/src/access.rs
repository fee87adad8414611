//! One line per request.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::settings::Format;
use super::sink::Sink;
use super::traces::TraceId;
use zonemint_base::clock::{self, push_decimal};
use zonemint_base::model::{TokenId, UserId};

/// The data of a request's line.
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
    /// Its trace.
    pub trace: TraceId,
    /// The authenticated user.
    pub user: Option<UserId>,
    /// The token of the request.
    pub token: Option<TokenId>,
    /// Why it failed, for an error of the server.
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
    out.push(b' ');
    push_decimal(out, u64::from(line.status), 1);
    out.push(b' ');
    out.extend_from_slice(line.method.as_bytes());
    out.push(b' ');
    if line.path.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\"'"#.contains(&byte)) {
        out.extend_from_slice(line.path.as_bytes());
    } else {
        write!(out, "{}", line.path.escape_debug())?;
    }
    out.push(b' ');
    push_ms(out, line.duration);
    out.extend_from_slice(b"ms peer=");
    push_address(out, line.peer)?;
    out.extend_from_slice(b" request.id=");
    out.extend_from_slice(line.request_id.as_bytes());
    if let Some(trace) = line.trace.text() {
        write!(out, " trace.id={trace}")?;
    }
    if let Some(user) = line.user {
        out.extend_from_slice(b" user.id=");
        out.extend_from_slice(user.text().as_bytes());
    }
    if let Some(token) = line.token {
        out.extend_from_slice(b" token.id=");
        out.extend_from_slice(token.text().as_bytes());
    }
    if let Some(cause) = line.cause {
        write!(out, " cause={cause:?}")?;
    }
    out.push(b'\n');
    Ok(())
}

fn json(out: &mut Vec<u8>, line: &RequestLine<'_>) -> std::io::Result<()> {
    out.extend_from_slice(b"{\"time\":\"");
    clock::write_rfc3339_ms(out, line.at_ms);
    out.extend_from_slice(b"\",\"level\":\"info\",\"message\":\"request\",\"status\":");
    push_decimal(out, u64::from(line.status), 1);
    out.extend_from_slice(b",\"method\":");
    serde_json::to_writer(&mut *out, line.method)?;
    out.extend_from_slice(b",\"path\":");
    serde_json::to_writer(&mut *out, line.path)?;
    out.extend_from_slice(b",\"duration_ms\":");
    push_ms(out, line.duration);
    out.extend_from_slice(b",\"peer\":\"");
    push_address(out, line.peer)?;
    out.extend_from_slice(b"\",\"request.id\":");
    serde_json::to_writer(&mut *out, line.request_id)?;
    if let Some(trace) = line.trace.text() {
        write!(out, ",\"trace.id\":\"{trace}\"")?;
    }
    if let Some(user) = line.user {
        out.extend_from_slice(b",\"user.id\":\"");
        out.extend_from_slice(user.text().as_bytes());
        out.push(b'"');
    }
    if let Some(token) = line.token {
        out.extend_from_slice(b",\"token.id\":\"");
        out.extend_from_slice(token.text().as_bytes());
        out.push(b'"');
    }
    if let Some(cause) = line.cause {
        out.extend_from_slice(b",\"cause\":");
        serde_json::to_writer(&mut *out, cause)?;
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

/// Milliseconds with three decimals. A line is written for each request: formatting by `write!` took a twentieth of a
/// verification's time.
fn push_ms(out: &mut Vec<u8>, duration: Duration) {
    let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    push_decimal(out, us / 1_000, 1);
    out.push(b'.');
    push_decimal(out, us % 1_000, 3);
}

fn push_address(out: &mut Vec<u8>, address: IpAddr) -> std::io::Result<()> {
    let IpAddr::V4(address) = address else { return write!(out, "{address}") };
    for (at, octet) in address.octets().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        push_decimal(out, u64::from(octet), 1);
    }
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
            trace: TraceId::NONE,
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

    #[test]
    fn a_line_for_people_reads_from_left_to_right() {
        let line = RequestLine { path: "/user", cause: None, user: None, ..line() };
        let mut out = Vec::new();
        human(&mut out, &line).unwrap();
        let expected = "2018-03-29T21:18:53.007Z 200 GET /user 1.500ms peer=127.0.0.1 request.id=a-1\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
