//! `zonemint store`: checks, backs up, restores, purges and copies the store. The manual's page "Backup, restore, tidying" has
//! recipes.

mod backup;
mod copy;
mod replay;
mod restore;
mod trail;

use std::sync::Arc;

use serde_json::json;

use super::output::{Format, Output};
use super::progress::ProgressLine;
use super::{Common, Failure, Location, print, run_to_end};
use crate::app::{self, Purge, Role};
use crate::config::Config;
use zonemint_base::clock::Clock;
use zonemint_service::audit;
use zonemint_store::Store;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check for damage, for dangling references, and for audit rows that were tampered with
    ///
    /// Reads everything, also while a server runs. Prints each finding, and exits 1 if there is one.
    /// `zonemint audit verify` checks the audit trail alone, and accepts --expect.
    #[command(verbatim_doc_comment)]
    Check(Common),
    #[command(about = "Write a consistent backup into one file; a server may run meanwhile", long_about = backup::ABOUT)]
    Backup(backup::Arguments),
    #[command(about = "Restore a backup into a data folder without a database", long_about = restore::ABOUT)]
    Restore(restore::Arguments),
    #[command(
        about = "Repeat the revocations since the backup in a shared store that was restored",
        long_about = replay::ABOUT
    )]
    Replay(replay::Arguments),
    /// Delete expired tokens and old changes at once, as a running server does in small steps
    ///
    /// `store.keep_expired` and `store.keep_changes` say how long they are kept. This command works in
    /// small steps too, so that it does not block a running server.
    #[command(verbatim_doc_comment)]
    Purge(Common),
    #[command(about = "Copy a store into an empty one, of the same engine or the other", long_about = copy::ABOUT)]
    Copy(copy::Arguments),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Check(common) => at(&common.location, async |store, _| check(store, common.output).await),
        Command::Backup(arguments) => backup::run(arguments),
        Command::Restore(arguments) => restore::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Purge(common) => at(&common.location, async |store, config| purge(store, config, common.output).await),
        Command::Copy(arguments) => copy::run(arguments),
    }
}

/// Opens the store, does the work, and closes the store.
fn at(
    location: &Location,
    work: impl AsyncFnOnce(&Arc<dyn Store>, &Config) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = location.load_for_process()?;
    run_to_end(async {
        let store = app::store(&config.store, Role::Operator, &Clock::system()).await;
        let store = store.map_err(|error| location.explain(error))?;
        let outcome = work(&store, &config).await;
        store.close().await;
        outcome
    })
}

async fn check(store: &Arc<dyn Store>, output: Output) -> Result<(), Failure> {
    let mut findings = store.check().await?;
    findings.extend(audit::verify(Some(store), &[], &[]).await?.findings.iter().map(ToString::to_string));
    for finding in &findings {
        print(&if output.is_json() { format!("{}\n", json!({"finding": finding})) } else { format!("{finding}\n") })?;
    }
    if !findings.is_empty() {
        return Err(Failure::No);
    }
    if output.format() != Format::Table {
        return Ok(());
    }
    print("the store and its audit trail are in order\n")
}

async fn purge(store: &Arc<dyn Store>, config: &Config, output: Output) -> Result<(), Failure> {
    let purge = Purge::new(Arc::clone(store), &config.store, Clock::system());
    let mut purge = purge.counting(config.token.max_per_account);
    let progress = ProgressLine::default();
    let (mut tokens, mut changes, mut uses) = (0, 0, 0);
    loop {
        let step = purge.step().await?;
        (tokens, changes, uses) = (tokens + step.tokens, changes + step.changes, uses + step.uses);
        if step.at_rest {
            break;
        }
        progress.show(format_args!("{tokens} expired tokens, {changes} old changes, {uses} old days of uses"));
    }
    progress.clear();
    print(&output.object(&json!({"tokens": tokens, "changes": changes, "uses": uses}), || {
        format!("deleted {tokens} expired tokens, {changes} old changes and {uses} old days of uses\n")
    }))
}
