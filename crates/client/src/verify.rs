//! `zonemint tokens verify`: the server's verdict on a token.

use serde_json::{Map, Value, json};

use super::access::Server;
use super::connection::Connection;
use super::credential::Credential;
use super::fault::Fault;
use super::narrowing::INTERFACES;
use super::secret::Secret;
use super::text::{json_line, plain};
use crate::command::output::{Format, Output, tabbed};
use crate::command::{Failure, TokenText, fail, print};
use zonemint_base::clock::{self, Clock};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Token: its text, which others on this machine can see in the list of processes; `-` for standard input, or `@FILE`
    token: TokenText,
    /// It is an identity token, which proves who somebody is
    #[arg(long, conflicts_with_all = ["service_token", "data"])]
    identity: bool,
    /// Used from this address; from here, if not given
    #[arg(long, value_name = "ADDR")]
    ip: Option<std::net::IpAddr>,
    /// Used through this interface
    #[arg(long, value_name = "NAME", value_parser = INTERFACES)]
    interface: Option<String>,
    /// Handed to the service whose identity this token proves; also `-` and `@FILE`
    #[arg(long, value_name = "TOKEN")]
    service_token: Option<TokenText>,
    /// Used by the consumer whose identity this token proves; also `-` and `@FILE`
    #[arg(long, value_name = "TOKEN")]
    consumer_token: Option<TokenText>,
    /// Used for access to data
    #[arg(long)]
    data: bool,
    /// Used for a request with this method at a service; together with --http-path
    #[arg(long, value_name = "METHOD", requires = "http_path", conflicts_with = "identity")]
    method: Option<String>,
    /// Used for a request for this path at a service
    #[arg(long, value_name = "PATH", requires = "method", conflicts_with = "identity")]
    http_path: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect_as_nobody()?;
    let token = arguments.token.read()?;
    let body = arguments.body(&token)?;
    let is_bare = body.len() == 1;
    let route = if arguments.identity { "verify_identity_token" } else { "verify_access_token" };
    let verdict = match connection.post(&["tokens", route], &body.into()).await {
        Err(fault) if fault.is_missing() && is_bare => by_use(&connection, &token).await,
        verdict => verdict,
    };
    match verdict {
        Ok(verdict) => print(&good(&verdict, arguments.output.format())),
        Err(Fault::Refused { id, said, told, status }) if is_verdict(status.as_u16(), id.as_deref()) => {
            let why = said.unwrap_or(told);
            if arguments.output.is_json() {
                print(&json_line(&json!({"error": {"id": id, "description": why}})))?;
                return Err(Failure::No);
            }
            fail(format!("not good: {why}"))
        }
        Err(fault) => Err(fault.into()),
    }
}

impl Arguments {
    fn body(&self, token: &str) -> Result<Map<String, Value>, Failure> {
        let read = |token: &Option<TokenText>| token.as_ref().map(TokenText::read).transpose();
        let fields = [
            ("token", json!(token)),
            ("peerIp", json!(self.ip)),
            ("interface", json!(self.interface)),
            ("serviceToken", json!(read(&self.service_token)?.as_deref())),
            ("consumerToken", json!(read(&self.consumer_token)?.as_deref())),
            ("httpMethod", json!(self.method)),
            ("httpPath", json!(self.http_path)),
            ("allowDataAccessCaveats", json!(self.data.then_some(true))),
        ];
        Ok(fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}

/// Whether a refusal is about the token: of one that was asked about it is a 400, of one that was used a 401. Of other faults
/// of the question the id says so.
fn is_verdict(status: u16, id: Option<&str>) -> bool {
    let id = id.unwrap_or_default();
    let of_question =
        ["badData", "badValue", "badServiceToken", "badConsumerToken", "malformedData", "missing", "notSupported"];
    status == 401 || (status == 400 && !of_question.iter().any(|start| id.starts_with(start)))
}

/// Where nothing verifies tokens, one that opens its user's own account is good.
async fn by_use(connection: &Connection, token: &str) -> Result<Value, Fault> {
    let from = "this token".to_owned();
    let user =
        connection.asked_as(Some(Credential::Token { text: Secret::new(token), from })).get(&["user"], &[]).await?;
    Ok(json!({"subject": {"type": "user", "id": user.get("userId")}, "ttl": null}))
}

fn good(verdict: &Value, format: Format) -> String {
    let text = |key: &str| verdict.pointer(key).and_then(Value::as_str).map_or_else(|| "?".to_owned(), plain);
    let (kind, id) = (text("/subject/type"), text("/subject/id"));
    let end = verdict.get("ttl").and_then(Value::as_u64).map(|ttl| Clock::system().now_s().saturating_add(ttl));
    let end = end.map(clock::rfc3339);
    match format {
        Format::Json => json_line(verdict),
        Format::Plain => tabbed(&[[kind, id, end.unwrap_or_else(|| "never".to_owned())]]),
        Format::Table => {
            let end = end.map_or_else(String::new, |end| format!(", until {end}"));
            format!("good: it is of the {kind} {id}{end}\n")
        }
    }
}
