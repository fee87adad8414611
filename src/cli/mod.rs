//! The command line: one file per command. Nothing below this module knows that there is one.
//!
//! Exit codes: 0 success; 1 the command failed, or its answer is no; 2 wrong usage; 3 the settings or the profiles are wrong;
//! 4 another server is running on the data folder.

mod audit;
mod client;
mod completions;
mod config;
mod desk;
mod doctor;
mod encoding;
mod health;
mod key;
mod limits;
mod man;
mod output;
mod serve;
mod service;
mod some_names;
mod store;
mod takeover;
mod token;
mod token_text;
mod user;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use futures_util::FutureExt as _;

use crate::app::StartError;
use crate::config::{Config, Environment, Overrides, Problems};
use crate::store::sqlite::RestoreError;
use crate::telemetry::error_chain;

const WRONG_SETTINGS: u8 = 3;

const AFTER_HELP: &str = "\
Exit codes: 0 success; 1 failure, or the answer is no; 2 wrong usage; 3 wrong settings; 4 another server runs on the data
folder.

First steps:
  zonemint doctor                examine this machine and the settings, before the first start and at any time
  zonemint serve                 start; the first start prints the administrator's password and a line to try
  zonemint user add alice        add a user, also beside a running server
  zonemint user grant alice --all
                                 make her an administrator
  zonemint token inspect TOKEN   see what a token says
  zonemint login HOST            work with a server as its user: zonemint whoami, zonemint tokens --help";

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
    /// Look into tokens, take over those of a Onezone, and revoke those that live too long
    #[command(subcommand)]
    Token(token::Command),
    /// List, rotate and retire root keys, and change the key-encryption key
    #[command(subcommand)]
    Key(key::Command),
    /// Check, back up, restore, replay, purge and copy what is kept
    #[command(subcommand)]
    Store(store::Command),
    /// Read, export, verify and archive the audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Show, check and list settings
    #[command(subcommand)]
    Config(config::Command),
    /// Examine this machine and the settings, and say what to mend; changes nothing
    #[command(after_help = doctor::AFTER_HELP)]
    Doctor(doctor::Arguments),
    /// Ask whether the running server can serve: exit code 0 or 1
    Health(health::Arguments),
    /// Log in at a server, and keep a token for it
    #[command(after_help = client::login_help())]
    Login(client::login::Arguments),
    /// Revoke the token that `login` made, and forget it
    Logout(client::logout::Arguments),
    /// Show as whom a server is asked
    #[command(after_help = client::SOURCES)]
    Whoami(client::whoami::Arguments),
    /// Change your own password at a server; tokens stay valid
    #[command(after_help = client::SOURCES)]
    Password(client::password::Arguments),
    /// List, choose and remove the profiles that `login` keeps
    #[command(subcommand)]
    Profiles(client::profiles::Command),
    /// Your tokens at a server: list, create, show, rename, revoke, restore, delete, rotate, confine, verify, inspect
    #[command(subcommand)]
    Tokens(Box<client::Tokens>),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Write manual pages
    Man(man::Arguments),
}

/// Where settings and data are, for every command that needs them.
#[derive(Debug, Clone, clap::Args)]
struct Location {
    /// Settings file; without it, the defaults
    #[arg(long, value_name = "FILE", env = "ZONEMINT_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Location {
    fn load(&self, environment: &Environment, mut flags: Overrides) -> Result<Config, Problems> {
        flags.data = flags.data.or_else(|| self.data.clone());
        Config::load(self.config.as_deref(), environment, &flags)
    }

    /// Which settings file was read, as a sentence.
    fn told(&self) -> String {
        match &self.config {
            Some(file) => format!("The settings are read from {}", absolute(file).display()),
            None => {
                "No settings file is named, so defaults and environment apply: name one with --config or ZONEMINT_CONFIG".to_owned()
            }
        }
    }

    /// Adds to the error that there is no store which settings have said where it is.
    fn explain(&self, error: StartError) -> Failure {
        match error {
            StartError::NoStore(_) => Told(format!("{error}. {}", self.told())).into(),
            other => other.into(),
        }
    }
}

/// A path that means the same from every folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// How a command ended.
enum Failure {
    /// The answer is no; what there is to say has been said.
    No,
    /// The settings are wrong; what there is to say has been said.
    Settings,
    /// Something went wrong, told in one line.
    Error(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error))
    }
}

/// A failure with nothing beneath it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

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
        Command::Login(arguments) => client::log_in(&arguments),
        Command::Logout(arguments) => client::log_out(&arguments),
        Command::Whoami(arguments) => client::who_am_i(&arguments),
        Command::Password(arguments) => client::change_password(&arguments),
        Command::Profiles(command) => client::profiles::run(&command),
        Command::Tokens(command) => client::run(&command),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
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

/// Runs `work` to its end on this thread. It is boxed, so that the runtime's code is compiled once, not once for each command.
fn run_to_end<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work.boxed_local())
}

/// Writes to standard output. A reader that has gone away, as `head` does, is no failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Asks on standard error, as standard output may go to a file. The answer is yes only if it is `y` or `yes`; without a terminal
/// it is no.
fn confirmed(question: &str) -> Result<bool, Failure> {
    use std::io::{IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let mut terminal = std::io::stderr();
    write!(terminal, "{question} [y/N] ")?;
    terminal.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(["y", "yes"].iter().any(|yes| line.trim().eq_ignore_ascii_case(yes)))
}
