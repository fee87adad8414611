//! `zonemint tokens list`

use serde_json::Value;

use super::access::Server;
use super::connection::Connection;
use super::fault::Fault;
use super::text::json_line;
use super::token_summary::{HEAD, State, TokenSummary};
use crate::command::output::Output;
use crate::command::{Failure, print};
use zonemint_base::clock::Clock;

/// Page size: the maximum that a zonemint returns.
const PAGE_SIZE: &str = "500";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only those in this state
    #[arg(long)]
    state: Option<State>,
    /// Only those whose name holds this text, in capitals or not
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    let wanted = (arguments.state, arguments.name.as_deref());
    let mut tokens = match pages(&connection, wanted).await {
        Err(fault) if fault.is_missing() => one_by_one(&connection).await?,
        other => other?,
    };
    // An older server, or one that does not know the filters, gives all.
    tokens.retain(|token| wanted.0.is_none_or(|state| token.state == state));
    if let Some(text) = arguments.name.as_ref().map(|text| text.to_ascii_lowercase()) {
        tokens.retain(|token| token.name.as_ref().is_some_and(|name| name.to_ascii_lowercase().contains(&text)));
    }
    if arguments.output.is_json() {
        return print(&tokens.iter().map(|token| json_line(&token.object)).collect::<String>());
    }
    let now = Clock::system().now_s();
    let rows: Vec<_> = tokens.iter().map(|token| token.row(now)).collect();
    print(&arguments.output.rows(HEAD, &rows))
}

/// Our own list.
async fn pages(connection: &Connection, wanted: (Option<State>, Option<&str>)) -> Result<Vec<TokenSummary>, Fault> {
    let now = Clock::system().now_s();
    let mut tokens = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE_SIZE)];
        query.extend(wanted.0.map(|state| ("state", state.name())));
        query.extend(wanted.1.map(|name| ("name", name)));
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page = connection.get(&["user", "tokens"], &query).await?;
        let Some(Value::Array(list)) = page.get_mut("tokens").map(Value::take) else {
            return Err(Fault::Missing(connection.host.to_string(), "tokens"));
        };
        tokens.extend(list.into_iter().map(|object| TokenSummary::of_object(object, now)));
        let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
        // A server whose cursor points to the same page would cause an endless loop.
        if next.is_none() || next == cursor {
            return Ok(tokens);
        }
        cursor = next;
    }
}

/// What a Onezone has instead: ids of named tokens, each to be asked for, and texts of client tokens, which since 20.02 are
/// named tokens too.
async fn one_by_one(connection: &Connection) -> Result<Vec<TokenSummary>, Fault> {
    let now = Clock::system().now_s();
    let mut tokens = Vec::new();
    match connection.get(&["user", "tokens", "named"], &[]).await {
        Err(fault) if fault.is_missing() => {}
        ids => {
            for id in strings(&ids?) {
                let object = connection.get(&["tokens", "named", &id], &[]).await?;
                tokens.push(TokenSummary::of_object(object, now));
            }
        }
    }
    for token in client_tokens(connection).await? {
        if !tokens.iter().any(|known| known.id == token.id) {
            tokens.push(token);
        }
    }
    Ok(tokens)
}

/// The caller's client tokens that can be read; none where there are no such tokens any more.
pub(super) async fn client_tokens(connection: &Connection) -> Result<Vec<TokenSummary>, Fault> {
    let now = Clock::system().now_s();
    match connection.get(&["user", "client_tokens"], &[]).await {
        Err(fault) if fault.is_missing() => Ok(Vec::new()),
        texts => Ok(strings(&texts?).iter().filter_map(|text| TokenSummary::of_text(text, now)).collect()),
    }
}

fn strings(body: &Value) -> Vec<String> {
    let list = body.get("tokens").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
