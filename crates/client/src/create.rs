//! `zonemint tokens create`

use serde_json::{Value, json};

use super::access::Server;
use super::bearer::Destination;
use super::connection::Connection;
use super::credential::{Credential, read_claims};
use super::narrowing::Narrowing;
use super::text::{json_line, plain};
use crate::command::output::{Format, Output};
use crate::command::{EncodingName, Failure, fail, print, rewrite, warn_above_defaults, written};
use zonemint_caveat::{self as caveat, Caveat};

/// By how much the clocks of client and server may differ, in seconds, before an end that differs was not what was asked for.
const CLOCKS_APART_S: u64 = 60;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name: 2 to 128 letters, digits, spaces and ( ) [ ] . - _ ; without one it is a client token, which every Onezone can make
    #[arg(required_if_eq("kind", "identity"), conflicts_with = "temporary")]
    name: Option<String>,
    /// A token that is not listed and cannot be revoked by itself; it ends by --ttl or --until, within 30 days
    #[arg(long, requires = "end")]
    temporary: bool,
    /// What it is for: access, or only proving who you are
    #[arg(long = "type", id = "kind", value_name = "TYPE", default_value = "access", hide_default_value = true)]
    kind: NewTokenKind,
    /// Say nothing beside the token
    #[arg(long, short, conflicts_with_all = ["format", "json"])]
    quiet: bool,
    #[command(flatten)]
    output: Output,
    /// How to write the token; as the server does, if not given
    #[arg(long)]
    encoding: Option<EncodingName>,
    #[command(flatten)]
    destination: Destination,
    #[command(flatten)]
    narrowing: Narrowing,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum NewTokenKind {
    /// For acting as you
    Access,
    /// For proving who you are
    Identity,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    let file = arguments.destination.prepare()?;
    let caveats = arguments.narrowing.caveats()?;
    let json: Vec<_> = caveats.iter().map(Caveat::to_json).collect();
    let kind = match arguments.kind {
        NewTokenKind::Access => json!({"accessToken": {}}),
        NewTokenKind::Identity => json!({"identityToken": {}}),
    };
    let (what, answer) = if let Some(name) = &arguments.name {
        let body = json!({"name": name, "type": kind, "caveats": json});
        (format!("the token {name:?}"), newer(&connection, "named", &body).await?)
    } else if arguments.temporary {
        let body = json!({"type": kind, "caveats": json});
        ("a temporary token".to_owned(), newer(&connection, "temporary", &body).await?)
    } else {
        ("a client token".to_owned(), client_token(&connection, &caveats, &json).await?)
    };
    let token = &written(connection.token(&answer)?, arguments.encoding);
    if arguments.output.is_json() {
        let mut answer = answer;
        answer["token"] = Value::String(token.clone());
        return print(&json_line(&answer));
    }
    let place = if let Some(file) = file {
        format!(" in {}", file.write(token)?.display())
    } else {
        print(&format!("{token}\n"))?;
        String::new()
    };
    if !arguments.quiet && arguments.output.format() == Format::Table {
        eprintln!("made {what}{place}{}", ends_and_allows(token));
        if let Some(why) = ends_sooner(&connection, caveat::valid_until(&caveats), token) {
            eprintln!("{why}");
        }
    }
    Ok(())
}

/// Why a token ends before `asked`, if it does. Both are in seconds since the Unix epoch.
fn ends_sooner(connection: &Connection, asked: Option<u64>, token: &str) -> Option<String> {
    let end = caveat::valid_until(&read_claims(token)?.caveats)?;
    let asked = asked.filter(|asked| end < *asked)?;
    if connection.credential.as_ref().and_then(Credential::valid_until) == Some(end) {
        return Some(
            "it expires with the token that minted it; log in with the password to mint one that does not".to_owned(),
        );
    }
    let host = &connection.host;
    (asked - end > CLOCKS_APART_S)
        .then(|| format!("it expires sooner than you asked: {host} limits how long such tokens live"))
}

/// A token of a kind that exists since 20.02.
async fn newer(connection: &Connection, kind: &str, body: &Value) -> Result<Value, Failure> {
    match connection.post(&["user", "tokens", kind], body).await {
        Err(fault) if fault.is_missing() => fail(format!(
            "{} is older than 20.02 and mints no such tokens; without a name and --temporary it mints a client token",
            connection.host
        )),
        answer => Ok(answer?),
    }
}

/// A token of the oldest kind. A Onezone does not read the options, so what it leaves out is added here, as any holder may.
async fn client_token(connection: &Connection, caveats: &[Caveat], json: &[Value]) -> Result<Value, Failure> {
    let body = if json.is_empty() { json!({}) } else { json!({"caveats": json}) };
    let mut answer = connection.post(&["user", "client_tokens"], &body).await?;
    let text = connection.token(&answer)?.to_owned();
    let Some(claims) = read_claims(&text) else {
        if caveats.is_empty() {
            return Ok(answer);
        }
        return fail(format!("{} minted a token that cannot be confined here; it is not shown", connection.host));
    };
    let missing: Vec<_> =
        caveats.iter().filter(|caveat| !claims.caveats.iter().any(|its| its.implies(caveat))).collect();
    if !missing.is_empty() {
        let text = rewrite(&text, &missing, None)?;
        warn_above_defaults(&text);
        answer["token"] = Value::String(text);
        eprintln!("{} does not confine tokens itself, so it was confined here", connection.host);
    }
    Ok(answer)
}

/// What the token itself says, as the end of a sentence. Its earliest end counts, which may be that of the token that made it.
pub(super) fn ends_and_allows(token: &str) -> String {
    let Some(claims) = read_claims(token) else { return String::new() };
    let words: Vec<_> = caveat::simplify(&claims.caveats).iter().map(|caveat| plain(&caveat.in_words())).collect();
    if words.is_empty() {
        "; it allows everything, and never expires".to_owned()
    } else {
        format!(": {}", words.join("; "))
    }
}
