//! `zonemint tokens revoke`

use serde_json::{Value, json};
use zonemint_base::model::{Identifier, Persistence};

use super::access::Server;
use super::connection::Connection;
use super::credential::{Credential, TokenClaims, read_claims};
use super::fault::Fault;
use super::list::client_tokens;
use super::named;
use super::text::plain;
use crate::command::{Failure, TokenText, confirmed, fail, print};

#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Names, ids or the tokens themselves; `-` reads one from standard input, `@FILE` from a file
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "all_temporary"], conflicts_with_all = ["all", "all_temporary"])]
    tokens: Vec<TokenText>,
    /// All your tokens, those of `zonemint login` and temporary ones too
    #[arg(long, conflicts_with = "all_temporary")]
    all: bool,
    /// All your temporary tokens
    #[arg(long)]
    all_temporary: bool,
    /// Forget them too: they are no longer listed, and cannot be taken back
    #[arg(long, conflicts_with_all = ["all", "all_temporary"])]
    delete: bool,
    /// Revoke what they minted, too, and what that minted: for a token that somebody else may have seen. Needs zonemint
    #[arg(long)]
    with_descendants: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: Server,
}

/// What is done to tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Forget them, too.
    pub(super) delete: bool,
    /// Revoke what they minted, too.
    pub(super) with_descendants: bool,
}

/// The start of the path of a named token, which its id follows.
const NAMED: [&str; 2] = ["tokens", "named"];
/// The start of the path of a client token, which its whole text follows.
const CLIENT: [&str; 2] = ["user", "client_tokens"];

/// One token that is to be revoked or deleted.
struct Target {
    kind: [&'static str; 2],
    /// Its id, or its whole text.
    key: String,
    /// Its name in messages.
    called: String,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    if arguments.all || arguments.all_temporary {
        let what = if arguments.all { "all your tokens" } else { "all your temporary tokens" };
        ask(arguments.yes, &format!("Revoke {what}?"), what, "revoked")?;
        if arguments.all {
            return all(&connection, arguments.with_descendants).await;
        }
        let answer = connection.delete(&["user", "tokens", "temporary"], query(arguments.with_descendants)).await?;
        let ended = descendants(&answer, arguments.with_descendants)?;
        return print(&format!("revoked all your temporary tokens{ended}\n"));
    }
    let extent = Extent { delete: arguments.delete, with_descendants: arguments.with_descendants };
    end_all(&connection, &arguments.tokens, extent, arguments.yes).await
}

/// Revokes or deletes tokens, after a question unless `yes`. All are found before one is changed: a wrong name changes nothing.
pub(super) async fn end_all(
    connection: &Connection,
    tokens: &[TokenText],
    extent: Extent,
    yes: bool,
) -> Result<(), Failure> {
    let mut targets = Vec::with_capacity(tokens.len());
    for token in tokens {
        targets.push(target(connection, token).await?);
    }
    let names: Vec<_> = targets.iter().map(|target| target.called.as_str()).collect();
    let (names, done) = (names.join(", "), if extent.delete { "deleted" } else { "revoked" });
    let question = if extent.delete { format!("Delete {names} for good?") } else { format!("Revoke {names}?") };
    ask(yes, &question, &names, done)?;
    for target in &targets {
        let ended = end(connection, target, extent).await?;
        print(&format!("{done} {}{ended}\n", target.called))?;
    }
    Ok(())
}

fn ask(yes: bool, question: &str, what: &str, done: &str) -> Result<(), Failure> {
    if yes || confirmed(question)? {
        return Ok(());
    }
    fail(format!("{what}: not {done}; answer y at the prompt, or give --yes"))
}

async fn target(connection: &Connection, token: &TokenText) -> Result<Target, Failure> {
    let text = token.read()?;
    if let Some(claims) = read_claims(&text) {
        return match claims.identifier() {
            Some(Identifier::Structured { persistence: Persistence::Named, id, .. }) => {
                Ok(Target { kind: NAMED, key: id.to_owned(), called: plain(id) })
            }
            Some(Identifier::Bare(id)) => Ok(Target { kind: CLIENT, key: text.to_string(), called: plain(id) }),
            Some(Identifier::Structured { persistence: Persistence::Temporary { .. }, .. }) => {
                fail("a temporary token cannot be revoked by itself; --all-temporary revokes all that you have")
            }
            None => fail("this token is not one of a Onezone"),
        };
    }
    if let Some(object) = named::try_find(connection, &text).await? {
        let key = connection.text(&object, "id")?.to_owned();
        let called = object.get("name").and_then(Value::as_str).unwrap_or(&key);
        return Ok(Target { kind: NAMED, called: plain(called), key });
    }
    let known = client_tokens(connection).await?.into_iter().find(|known| known.id == *text);
    match known.as_ref().and_then(|known| token_of(&known.object)) {
        Some(key) => Ok(Target { kind: CLIENT, key, called: plain(&text) }),
        None => Err(named::none(&text)),
    }
}

/// Gives what is to be said of its descendants.
async fn end(connection: &Connection, target: &Target, extent: Extent) -> Result<String, Failure> {
    let Target { kind: [parent, kind], key, called } = target;
    let path = [parent, kind, key.as_str()];
    let outcome = if target.kind == NAMED && !extent.delete {
        connection.patch(&path, &body("revoked", extent.with_descendants)).await
    } else {
        connection.delete(&path, query(extent.with_descendants)).await
    };
    match outcome {
        Err(fault) if fault.is_missing() => Err(named::none(called)),
        answer => descendants(&answer?, extent.with_descendants),
    }
}

fn body(key: &str, with_descendants: bool) -> Value {
    if with_descendants { json!({key: true, "descendants": true}) } else { json!({key: true}) }
}

fn query(with_descendants: bool) -> &'static [(&'static str, &'static str)] {
    if with_descendants { &[("descendants", "true")] } else { &[] }
}

/// What a server says of descendants that were to be revoked, too. One that says nothing does not know the option.
pub(super) fn descendants(answer: &Value, asked: bool) -> Result<String, Failure> {
    if !asked {
        return Ok(String::new());
    }
    let Some(count) = answer.get("revokedDescendants").and_then(Value::as_u64) else {
        return fail("revoked, but this server does not know descendants: tokens that it minted may still be valid");
    };
    let accounts = answer.get("temporaryTokensEnded").and_then(Value::as_array).map_or(0, Vec::len);
    let temporary = match accounts {
        0 => String::new(),
        1 => ", and ended the temporary tokens of one account".to_owned(),
        several => format!(", and ended the temporary tokens of {several} accounts"),
    };
    let count = if count == 1 { "1 descendant".to_owned() } else { format!("{count} descendants") };
    Ok(format!(", {count}{temporary}"))
}

async fn all(connection: &Connection, with_descendants: bool) -> Result<(), Failure> {
    match connection.post(&["user", "tokens", "revoke"], &body("all", with_descendants)).await {
        Err(fault) if fault.is_missing() && !with_descendants => {}
        answer => {
            let answer = answer?;
            let count = answer.get("revoked").and_then(Value::as_u64).unwrap_or_default();
            let ended = descendants(&answer, with_descendants)?;
            return print(&format!("revoked all your tokens: {count}, and the temporary ones{ended}\n"));
        }
    }
    // The token that authenticates these requests must be revoked last.
    let own = connection.credential.as_ref().and_then(Credential::token);
    let own_is_temporary = own.is_some_and(is_temporary);
    let kinds = if own_is_temporary { ["named", "temporary"] } else { ["temporary", "named"] };
    let mut has_kinds = false;
    for kind in kinds {
        has_kinds |= present(connection.delete(&["user", "tokens", kind], &[]).await)?;
    }
    if !has_kinds {
        let texts = client_tokens(connection).await?.into_iter().filter_map(|token| token_of(&token.object));
        let (last, others): (Vec<_>, Vec<_>) = texts.partition(|text| Some(text.as_str()) == own);
        for text in others.iter().chain(&last) {
            present(connection.delete(&["user", "client_tokens", text], &[]).await)?;
        }
    }
    print("revoked all your tokens\n")
}

/// Whether there was something to revoke: not what an older server does not have, nor what somebody else has just revoked.
fn present(outcome: Result<Value, Fault>) -> Result<bool, Fault> {
    match outcome {
        Err(fault) if fault.is_missing() => Ok(false),
        other => other.map(|_| true),
    }
}

fn is_temporary(token: &str) -> bool {
    let claims = read_claims(token);
    let identifier = claims.as_ref().and_then(TokenClaims::identifier);
    matches!(identifier, Some(Identifier::Structured { persistence: Persistence::Temporary { .. }, .. }))
}

fn token_of(object: &Value) -> Option<String> {
    object.get("token").and_then(Value::as_str).map(str::to_owned)
}
