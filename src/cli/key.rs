//! `zonemint key`: root keys and the key-encryption keys that seal them; also next to a running server.

use std::fmt::Write as _;

use super::opened_store::{OpenedStore, at};
use super::output::{Format, Output, json_lines, tabbed};
use super::progress::ProgressLine;
use super::{CommandError, Common, Failure, Location, confirmed, fail, print};
use zonemint_base::clock;
use zonemint_base::model::KeyId;
use zonemint_base::random::Random;
use zonemint_service::caller::Caller;
use zonemint_service::token::{HANDOVER_MS, KeyEncryptionKey, KeyState, RootKeyRow, TokenService};
use zonemint_store::Changed;

const ABOUT_REWRAP: &str = "\
Seal everything in the store by the first key-encryption key

The file with the key-encryption keys (or the credential, or the variable) may hold several, one a
line: the first one seals, each of them opens. To change the key-encryption key, put a new line
before the old one on every node that uses the store, then run this command on one of them. The
servers keep running. With --new the command creates the new line and puts it into the file here; a
store that one node uses needs nothing else.

Keep the old line, or a copy of it, as long as you keep earlier backups of the store: it seals
them.";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the root keys, and the key-encryption key that seals each
    List {
        /// Count the valid tokens of each, which reads all tokens
        #[arg(long)]
        count: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Create a new root key, which mints tokens from one second later on; earlier keys still verify
    Rotate(Location),
    /// Activate a root key: it mints tokens within a second, and the previous one still verifies
    Activate {
        /// The key's id, as `zonemint key list` shows it
        id: String,
        #[command(flatten)]
        location: Location,
    },
    /// Retire a root key for good: all tokens that it minted are refused from then on
    Retire {
        /// The key's id, as `zonemint key list` shows it
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        location: Location,
    },
    #[command(about = "Seal everything in the store by the first key-encryption key", long_about = ABOUT_REWRAP)]
    Rewrap {
        /// First create a new key-encryption key, and put it before the old ones in their file
        #[arg(long)]
        new: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Print a new key-encryption key, for a file of mode 0600 on nodes that share a store
    Generate,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::List { count, common } => {
            at(&common.location, async |opened| list(&opened.tokens().await?, *count, common.output).await)
        }
        Command::Rotate(location) => at(location, async |opened| rotate(&opened.tokens().await?).await),
        Command::Activate { id, location } => at(location, async |opened| activate(&opened.tokens().await?, id).await),
        Command::Retire { id, yes, location } => {
            at(location, async |opened| retire(&opened.tokens().await?, id, *yes).await)
        }
        Command::Rewrap { new, location } => at(location, async |opened| rewrap(opened, *new).await),
        Command::Generate => print(&KeyEncryptionKey::generate(&Random::system()).expose()),
    }
}

async fn list(tokens: &TokenService, count: bool, output: Output) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for row in tokens.root_keys().await? {
        let good = if count { Some(tokens.tokens_under(row.key.id).await?) } else { None };
        rows.push((row, good));
    }
    match output.format() {
        Format::Json => print(&json_lines(rows.iter().map(|(row, good)| as_json(row, *good)))),
        Format::Plain => {
            let fields = |(row, good): &(RootKeyRow, Option<u64>)| {
                let [id, state, created, sealed_by] = fields(row);
                let good = good.map_or_else(|| "-".to_owned(), |good| good.to_string());
                [id, state, created, sealed_by, good, if row.is_from_future { "future" } else { "-" }.to_owned()]
            };
            print(&tabbed(&rows.iter().map(fields).collect::<Vec<_>>()))
        }
        Format::Table => print(&table(tokens, &rows, count)),
    }
}

fn fields(row: &RootKeyRow) -> [String; 4] {
    let RootKeyRow { key, state, .. } = row;
    let sealed_by = if *state == KeyState::Retired { "-".to_owned() } else { key.sealed_by.to_string() };
    [key.id.to_string(), name(*state).to_owned(), clock::rfc3339(key.created_ms / 1000), sealed_by]
}

fn table(tokens: &TokenService, rows: &[(RootKeyRow, Option<u64>)], count: bool) -> String {
    let mut text = format!("{:<16}  {:<11}  {:<20}  {:<16}", "ID", "STATE", "CREATED", "SEALED BY");
    text.push_str(if count { "  GOOD TOKENS\n" } else { "\n" });
    for (row, good) in rows {
        let [id, state, created, sealed_by] = fields(row);
        let _ = write!(text, "{id:<16}  {state:<11}  {created}  {sealed_by:<16}");
        text.push_str(&good.map_or_else(String::new, |good| format!("  {good:<11}")));
        text.push_str(if row.is_from_future { "  made by a clock that was ahead\n" } else { "\n" });
    }
    for (place, id) in tokens.keyring().key_encryption_keys().ids().enumerate() {
        let what = if place == 0 { "seals and opens" } else { "opens only" };
        let _ = writeln!(text, "key-encryption key {id}: {what}");
    }
    text
}

fn name(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Active => "active",
        KeyState::VerifyOnly => "verify-only",
        KeyState::Retired => "retired",
    }
}

fn as_json(row: &RootKeyRow, good: Option<u64>) -> serde_json::Value {
    let key = &row.key;
    let mut json = serde_json::json!({
        "id": key.id.to_string(),
        "state": name(row.state),
        "creationTime": key.created_ms / 1000,
        "fromFuture": row.is_from_future,
        "sealedBy": key.sealed_by.to_string(),
    });
    if let Some(ms) = key.retired_ms {
        json["retirementTime"] = (ms / 1000).into();
    }
    if let Some(good) = good {
        json["goodTokens"] = good.into();
    }
    json
}

async fn rotate(tokens: &TokenService) -> Result<(), Failure> {
    let id = tokens.rotate_key(&Caller::operator()).await?;
    print(&format!(
        "created the root key {id}\nnew tokens are minted with it in {HANDOVER_MS} ms; tokens of earlier keys stay valid until \
         `zonemint key retire`\n"
    ))
}

/// Finds the root key that an operator names.
fn find(keys: &[RootKeyRow], text: &str) -> Result<(KeyId, KeyState), CommandError> {
    let id = text.parse::<KeyId>().ok();
    let row = keys.iter().find(|row| Some(row.key.id) == id);
    row.map(|row| (row.key.id, row.state))
        .ok_or_else(|| CommandError(format!("there is no root key {text:?}; `zonemint key list` shows all")))
}

async fn activate(tokens: &TokenService, text: &str) -> Result<(), Failure> {
    let (id, state) = find(&tokens.root_keys().await?, text)?;
    if state == KeyState::Retired || tokens.activate_key(id, &Caller::operator()).await? != Changed::Done {
        return fail(format!("{id} is retired, and its tokens are refused for good; see `zonemint key list`"));
    }
    print(&format!(
        "{id} is the active root key: every node makes new tokens with it in {HANDOVER_MS} ms at the latest; tokens of the one \
         before stay valid\n"
    ))
}

async fn retire(tokens: &TokenService, text: &str, yes: bool) -> Result<(), Failure> {
    let keys = tokens.root_keys().await?;
    let (id, state) = find(&keys, text)?;
    if state == KeyState::Retired {
        return fail(format!("{id} is retired already"));
    }
    if !keys.iter().any(|row| row.key.id != id && row.state != KeyState::Retired) {
        return fail(format!(
            "{id} is the only root key that is not retired; make another one first with `zonemint key rotate`"
        ));
    }
    let good = tokens.tokens_under(id).await?;
    let question = format!(
        "{good} stored tokens made with {id} are good, and perhaps temporary ones. Retire it for good, and refuse them all?"
    );
    if !yes && !confirmed(&question)? {
        return fail(format!(
            "{id} was not retired ({good} stored tokens depend on it); answer y at the prompt, or give --yes"
        ));
    }
    if tokens.retire_key(id, &Caller::operator()).await? != Changed::Done {
        return fail(format!("{id} was not retired: the keys were changed meanwhile; see `zonemint key list`"));
    }
    print(&format!("retired {id}; {good} stored tokens are refused from now on\n"))
}

async fn rewrap(opened: &OpenedStore, new: bool) -> Result<(), Failure> {
    if new {
        opened.put_new_key_first()?;
    }
    let tokens = opened.tokens().await?;
    let line = ProgressLine::default();
    let done = tokens.rewrap(&Caller::operator(), |done| line.show(format_args!("{done} sealed again"))).await;
    line.clear();
    let done = done?;
    let keyring = tokens.keyring();
    let ids: Vec<_> = keyring.key_encryption_keys().ids().map(|id| id.to_string()).collect();
    let (first, rest) = ids.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut text = format!("{done} sealed again; everything in the store is sealed by {first}\n");
    if !rest.is_empty() {
        let _ = writeln!(
            text,
            "needed only for earlier backups: {}; keep a copy while there are such backups, and delete the line then",
            rest.join(", ")
        );
    }
    print(&text)
}
