//! The command line: one file per command. Nothing below this module knows that there is one.
//!
//! Exit codes: 0 success; 1 the command failed, or its answer is no; 2 wrong usage; 3 the settings or the profiles are wrong;
//! 4 another server is running on the data folder.

mod audit;
mod completions;
mod config;
mod doctor;
mod health;
mod key;
mod location;
mod man;
mod opened_store;
mod own_server;
mod progress;
mod serve;
mod service;
mod some_names;
mod store;
mod takeover;
mod token;
mod user;

use std::error::Error;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use self::location::{Common, Location, absolute};
use crate::app::StartError;
use crate::config::Problems;
use zonemint_client::command::{CommandError, Failure, confirmed, fail, output, print, run_to_end};
use zonemint_client::{self as client, inspect};
use zonemint_store::sqlite::RestoreError;
use zonemint_telemetry::error_chain;

const WRONG_SETTINGS: u8 = 3;

const AFTER_HELP: &str = "\
Exit codes: 0 success; 1 failure, or the answer is no; 2 wrong usage; 3 wrong settings; 4 another
server runs on the data folder.

First steps:
  zonemint doctor                check this machine and the settings, before a start or later
  zonemint serve                 start; the first start prints a password and a line to try
  zonemint user add alice        add a user, also while a server runs
  zonemint user grant alice --all
                                 make her an administrator
  zonemint token inspect TOKEN   see what a token says
  zonemint login HOST            work with a server as its user; see zonemint tokens --help";

/// Turns a user name and a password into a token that its holder can narrow, and its owner can revoke.
#[derive(Debug, Parser)]
#[command(name = "zonemint", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the token API over HTTPS
    Serve(serve::Arguments),
    /// Add, change, list and remove users
    #[command(subcommand)]
    User(user::Command),
    /// Add, block, list and remove services, and give them tokens
    #[command(subcommand)]
    Service(service::Command),
    /// Inspect tokens, import those of a Onezone, and revoke those that live too long
    #[command(subcommand)]
    Token(token::Command),
    /// List, rotate and retire root keys, and change the key-encryption key
    #[command(subcommand)]
    Key(key::Command),
    /// Check, back up, restore, replay, purge and copy the store
    #[command(subcommand)]
    Store(store::Command),
    /// Read, export, verify and archive the audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Show, check and list settings
    #[command(subcommand)]
    Config(config::Command),
    /// Check this machine and the settings, and say what to correct; changes nothing
    #[command(after_help = doctor::AFTER_HELP)]
    Doctor(doctor::Arguments),
    /// Ask whether the running server can serve: exit code 0 or 1
    Health(health::Arguments),
    #[command(flatten)]
    Client(client::Command),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Write manual pages
    Man(man::Arguments),
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| without_values(error).exit());
    let outcome = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::User(command) => user::run(&command),
        Command::Service(command) => service::run(&command),
        Command::Token(command) => token::run(&command),
        Command::Key(command) => key::run(&command),
        Command::Store(command) => store::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Config(command) => config::run(&command),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
        Command::Client(command) => client::run(&command),
        Command::Completions(arguments) => completions::run(&arguments, &mut Arguments::command()),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::No) => ExitCode::FAILURE,
        Err(Failure::Settings) => ExitCode::from(WRONG_SETTINGS),
        Err(Failure::Error(error)) => {
            eprintln!("zonemint: {}", error_chain(error.as_ref()));
            ExitCode::from(exit_code(error.as_ref()))
        }
    }
}

/// A word that nobody asked for is not repeated: it may be a password or a token in the wrong place. A misspelt command is, as it
/// comes with the one that is meant.
fn without_values(mut error: clap::Error) -> clap::Error {
    let word = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand if error.get(ContextKind::SuggestedSubcommand).is_none() => {
            ContextKind::InvalidSubcommand
        }
        _ => return error,
    };
    if !matches!(error.get(word), Some(ContextValue::String(text)) if text.starts_with("--")) {
        error.insert(word, ContextValue::String("***".to_owned()));
        error.remove(ContextKind::Suggested);
    }
    error
}

fn exit_code(error: &(dyn Error + 'static)) -> u8 {
    if error.is::<Problems>() || error.is::<client::ProfileError>() {
        WRONG_SETTINGS
    } else if matches!(error.downcast_ref(), Some(StartError::AlreadyServed(_)))
        || matches!(error.downcast_ref(), Some(RestoreError::AlreadyServed(_)))
    {
        4
    } else {
        1
    }
}
