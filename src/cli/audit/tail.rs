//! `zonemint audit tail`.

use std::collections::hash_map;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use super::output::reader_is_gone;
use super::selection::{heads, is_plain};
use crate::cli::opened_store::OpenedStore;
use crate::cli::output::{Format, pad};
use crate::cli::{Common, Failure, print};
use zonemint_base::clock::ticks;
use zonemint_base::model::{UserId, UserName};
use zonemint_macaroon::printable;
use zonemint_service::audit::{Entry, called, last_rows, line, page};
use zonemint_store::{AuditRow, Chain, FormerName, Head};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Number of rows
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    lines: u64,
    /// Print new rows as well, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Only the chain of this name
    #[arg(long, value_name = "NAME")]
    chain: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(opened: &OpenedStore, arguments: &Arguments) -> Result<(), Failure> {
    let heads = heads(&opened.store, arguments.chain.as_deref()).await?;
    let mut printer = Printer {
        opened,
        format: arguments.common.output.format(),
        chains: heads.iter().any(|head| !is_plain(&head.chain)),
    };
    printer.header()?;
    let mut last = Vec::new();
    for head in &heads {
        last.extend(
            last_rows(&opened.store, head, arguments.lines).await?.into_iter().map(|entry| (head.chain.clone(), entry)),
        );
    }
    let rows = in_order(last);
    let skipped = rows.len().saturating_sub(usize::try_from(arguments.lines).unwrap_or(usize::MAX));
    printer.print(&rows[skipped..]).await?;
    if arguments.follow {
        follow(&mut printer, arguments, heads).await?;
    }
    Ok(())
}

/// Prints new rows until a signal arrives or standard output is closed.
async fn follow(printer: &mut Printer<'_>, arguments: &Arguments, heads: Vec<Head>) -> Result<(), Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut places: BTreeMap<Chain, u64> = heads.into_iter().map(|head| (head.chain, head.seq)).collect();
    let mut ticks = ticks(printer.opened.config.store.follow.duration());
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if reader_is_gone() {
            return Ok(());
        }
        let store = &printer.opened.store;
        let mut new = Vec::new();
        for head in store.heads().await? {
            let is_wanted = arguments.chain.as_ref().is_none_or(|name| *name == head.chain.as_str());
            let place = places.entry(head.chain.clone()).or_default();
            while is_wanted && *place < head.seq {
                let page = page(store, &head, *place).await?;
                let Some(last) = page.last() else { break };
                *place = last.seq();
                new.extend(page.into_iter().map(|entry| (head.chain.clone(), entry)));
            }
        }
        printer.print(&in_order(new)).await?;
    }
}

/// Sorts rows of several chains by time. A row that cannot be read stays behind the row before it.
fn in_order(rows: Vec<(Chain, Entry)>) -> Vec<(Chain, Entry)> {
    let mut at_ms = 0;
    let mut timed: Vec<_> = rows
        .into_iter()
        .map(|(chain, entry)| {
            if let Entry::Row(row) = &entry {
                at_ms = row.at_ms;
            }
            (at_ms, chain, entry)
        })
        .collect();
    timed.sort_by(|one, other| (one.0, &one.1, one.2.seq()).cmp(&(other.0, &other.1, other.2.seq())));
    timed.into_iter().map(|(_, chain, entry)| (chain, entry)).collect()
}

struct Printer<'a> {
    opened: &'a OpenedStore,
    format: Format,
    /// Whether the chain of each row is printed.
    chains: bool,
}

/// Names of users, each read once for rows that are printed together.
#[derive(Default)]
struct Names(HashMap<UserId, (Vec<FormerName>, Option<UserName>)>);

impl Names {
    /// The name of an account at a moment, as far as it is known.
    fn at(&self, id: UserId, at_ms: u64) -> Option<&UserName> {
        let (former, present) = self.0.get(&id)?;
        former.iter().find(|former| at_ms <= former.until_ms).map(|former| &former.name).or(present.as_ref())
    }

    /// The name; the id if no name is known; a dash for no account.
    fn who(&self, id: Option<UserId>, at_ms: u64) -> String {
        let Some(id) = id else { return "-".to_owned() };
        self.at(id, at_ms).map_or_else(|| id.to_string(), ToString::to_string)
    }
}

impl Printer<'_> {
    fn header(&self) -> Result<(), Failure> {
        if self.format != Format::Table {
            return Ok(());
        }
        let chain = if self.chains { format!("{:<12}  ", "CHAIN") } else { String::new() };
        print(&format!(
            "{:<24}  {chain}{:>6}  {:<16}  {:<16}  {:<16}  TOKEN, NOTE\n",
            "TIME", "ROW", "ACTION", "BY", "USER"
        ))
    }

    async fn print(&mut self, rows: &[(Chain, Entry)]) -> Result<(), Failure> {
        self.chains = self.chains || rows.iter().any(|(chain, _)| !is_plain(chain));
        let (mut names, mut text) = (Names::default(), String::new());
        for (chain, entry) in rows {
            match entry {
                Entry::Unreadable(seq) => {
                    eprintln!("row {seq} of {} cannot be read; `zonemint audit verify` shows more", called(chain));
                }
                Entry::Row(row) => {
                    for id in [row.actor, row.user].into_iter().flatten() {
                        if let hash_map::Entry::Vacant(place) = names.0.entry(id) {
                            let former = self.opened.store.former_names(id).await?;
                            let present = self.opened.accounts.get(id).await?.and_then(|user| user.name);
                            place.insert((former, present));
                        }
                    }
                    let line = match self.format {
                        Format::Json => as_json(row, &names),
                        Format::Plain => as_fields(row, &names),
                        Format::Table => self.as_text(row, &names),
                    };
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        print(&text)
    }

    fn as_text(&self, row: &AuditRow, names: &Names) -> String {
        let chain = if self.chains { format!("{:<12}  ", row.chain.as_str()) } else { String::new() };
        let mut line = format!(
            "{}  {chain}{:>6}  {:<16}  {}  {}",
            line::time(row.at_ms),
            row.seq,
            row.action.name(),
            pad(&names.who(row.actor, row.at_ms), 16),
            pad(&names.who(row.user, row.at_ms), 16)
        );
        if let Some(token) = &row.token {
            let _ = write!(line, "  {token}");
        }
        if let Some(note) = &row.note {
            let _ = write!(line, "  {}", printable(note.as_bytes()));
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The fields, separated by tabs.
fn as_fields(row: &AuditRow, names: &Names) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        line::time(row.at_ms),
        row.chain.as_str().to_owned(),
        row.seq.to_string(),
        row.action.name().to_owned(),
        names.who(row.actor, row.at_ms),
        names.who(row.user, row.at_ms),
        or_dash(row.token.as_ref().map(ToString::to_string)),
        or_dash(row.note.as_ref().map(|note| printable(note.as_bytes()))),
    ]
    .join("\t")
}

/// The exported object, with the names of users.
fn as_json(row: &AuditRow, names: &Names) -> String {
    let mut json: Value = serde_json::from_str(&line::write(row, None)).unwrap_or_default();
    if let Some(object) = json.as_object_mut() {
        object.shift_remove("previous");
        for (key, id) in [("actorName", row.actor), ("userName", row.user)] {
            let name = id.and_then(|id| names.at(id, row.at_ms));
            object.insert(key.to_owned(), name.map_or(Value::Null, |name| name.to_string().into()));
        }
    }
    json.to_string()
}
