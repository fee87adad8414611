//! The client of zonemint: commands of people who use a server, for logging in and for their own tokens, at any zonemint or Onezone.
//!
//! Each is one file. None opens a data folder, and none is asked for settings: a server's address and a secret are all that
//! they need, from flags, the environment or a profile (`access.rs`). What they share with the operator's commands is [`command`].
//!
//! Where the next thing goes: a command is a file here and a variant; what can go wrong on the way is a variant of
//! `fault::Fault` and a session in `tests/cli`.

mod access;
mod bearer;
pub mod command;
mod confine;
mod connection;
mod convert;
mod create;
mod credential;
mod delete;
mod environment;
mod fault;
mod host;
pub mod inspect;
mod list;
mod login;
mod logout;
mod named;
mod narrowing;
mod password;
mod probe;
mod profile;
mod profiles;
mod rename;
mod restore;
mod revoke;
mod rotate;
mod secret;
mod show;
mod text;
mod token_summary;
mod verify;
mod whoami;

use self::command::{Failure, run_to_end};

pub use probe::{Probe, Readiness};
pub use profile::ProfileError;

/// The end of these commands' `--help`.
const SOURCES: &str = "\
The first of these says which server and which account are used:
  1. flags; --profile means that profile's server and token
  2. ONEZONE_HOST (as --host), ONEZONE_API_KEY (a token), ONEZONE_BASIC_AUTH (name:password)
  3. BEARER_TOKEN, or the file that BEARER_TOKEN_FILE names, if it is a token of Onezone
  4. the profile that ZONEMINT_PROFILE names, or the default one
  5. the file bt_u<uid> in $XDG_RUNTIME_DIR or /tmp, if it is a token of Onezone
-v shows which one it was. Files with tokens count if they are yours and have mode 0600.

Profiles are in zonemint/client.toml in $XDG_CONFIG_HOME or ~/.config, which only its owner may
read. The token of a profile is sent to its own server only. Proxies are those of HTTPS_PROXY and
NO_PROXY. A server's certificate is judged by the first of these: --cacert; what the profile of that
server keeps (a certificate's SHA-256, or a file); the file that ZONEMINT_CACERT names; the system's
authorities, instead of which SSL_CERT_FILE names others.";

const LOGIN_EXAMPLES: &str = "\
Examples:
  zonemint login zone.example.org --user alice        asks for the password
  pass show zone | zonemint login zone.example.org --user alice --password-stdin --ttl 12h
  zonemint login localhost --cacert certs/cert.pem    a zonemint of one's own, just started
  zonemint login zone.example.org --fingerprint 3A:90:…   the SHA-256 that its first start printed
  zonemint login https://datahub.egi.eu --profile egi --token-stdin < token";

const CREATE_EXAMPLES: &str = "\
Only the token goes to standard output, so that $(…) holds it:
  TOKEN=$(zonemint tokens create nightly --ttl 12h --ip 10.0.0.0/8 --read-only)
  zonemint tokens create --temporary --ttl 1h --service opw-* --interface oneclient
  zonemint tokens create                              a client token, as any script could ask for
  zonemint tokens create --bearer --temporary --ttl 1h    where programs of the grid look for one";

const CONFINE_EXAMPLES: &str = "\
Examples:
  zonemint tokens confine --ttl 10m --read-only       the token of the profile, narrowed
  zonemint tokens confine - --ip 192.0.2.7 < token
  zonemint tokens confine @token --path /space/dir    read from the file `token`";

const CONVERT_EXAMPLES: &str = "\
Examples:
  zonemint tokens convert --encoding base64url        the token of the profile, for a macaroon library
  zonemint tokens convert @token --encoding v2        for libraries that read version 2 only
  zonemint tokens convert - --encoding onezone < narrowed-by-a-library";

const VERIFY_EXAMPLES: &str = "\
Exits 0 if the token is good for that use, 1 if it is not, with the reason.

Examples:
  zonemint tokens verify @token
  zonemint tokens verify - --ip 192.0.2.7 --interface oneclient --data < token";

/// The commands of the client.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Log in at a server, and keep a token for it
    #[command(after_help = login_help())]
    Login(login::Arguments),
    /// Revoke the token that `login` made, and forget it
    Logout(logout::Arguments),
    /// Show the account that you use at a server
    #[command(after_help = SOURCES)]
    Whoami(whoami::Arguments),
    /// Change your own password at a server; tokens stay valid
    #[command(after_help = SOURCES)]
    Password(password::Arguments),
    /// List, choose and remove the profiles that `login` keeps
    #[command(subcommand)]
    Profiles(profiles::Command),
    /// Your tokens at a server: list, create, show, rename, revoke, restore, delete, rotate, confine, verify, inspect
    #[command(subcommand)]
    Tokens(Box<Tokens>),
}

/// Commands of `zonemint tokens`.
#[derive(Debug, clap::Subcommand)]
pub enum Tokens {
    /// List your tokens
    #[command(after_help = SOURCES)]
    List(list::Arguments),
    /// Make a token, and print it
    #[command(after_help = CREATE_EXAMPLES)]
    Create(create::Arguments),
    /// Show one of your tokens
    #[command(after_help = SOURCES)]
    Show(show::Arguments),
    /// Give a token another name; the token itself stays as it is
    #[command(after_help = SOURCES)]
    Rename(rename::Arguments),
    /// Revoke tokens of yours: they are refused from now on
    #[command(after_help = SOURCES)]
    Revoke(revoke::Arguments),
    /// Undo a revocation: the token is valid again. This needs your password
    #[command(after_help = SOURCES)]
    Restore(restore::Arguments),
    /// Delete tokens for good: they stay refused, are no longer listed, and their names are free again
    #[command(after_help = SOURCES)]
    Delete(delete::Arguments),
    /// Put a new token in an old one's place, with the same rights, and print it
    #[command(after_help = SOURCES)]
    Rotate(rotate::Arguments),
    /// Narrow a token, offline, and print what comes of it; the token itself stays as it is
    #[command(after_help = CONFINE_EXAMPLES)]
    Confine(confine::Arguments),
    /// Write a token in another encoding, offline, and print it: the same token, with the same signature
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(convert::Arguments),
    /// Ask the server whether a token is good
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(verify::Arguments),
    /// Print what a token says, offline; the same as `zonemint token inspect`
    Inspect(inspect::Arguments),
}

/// Examples of `login`, and what holds for all commands.
fn login_help() -> String {
    format!("{LOGIN_EXAMPLES}\n\n{SOURCES}")
}

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`]; the message is already printed, or is in it.
pub fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Login(arguments) => run_to_end(login::run(arguments)),
        Command::Logout(arguments) => run_to_end(logout::run(arguments)),
        Command::Whoami(arguments) => run_to_end(whoami::run(arguments)),
        Command::Password(arguments) => run_to_end(password::run(arguments)),
        Command::Profiles(command) => profiles::run(command),
        Command::Tokens(command) => match &**command {
            Tokens::List(arguments) => run_to_end(list::run(arguments)),
            Tokens::Create(arguments) => run_to_end(create::run(arguments)),
            Tokens::Show(arguments) => run_to_end(show::run(arguments)),
            Tokens::Rename(arguments) => run_to_end(rename::run(arguments)),
            Tokens::Revoke(arguments) => run_to_end(revoke::run(arguments)),
            Tokens::Restore(arguments) => run_to_end(restore::run(arguments)),
            Tokens::Delete(arguments) => run_to_end(delete::run(arguments)),
            Tokens::Rotate(arguments) => run_to_end(rotate::run(arguments)),
            Tokens::Confine(arguments) => confine::run(arguments),
            Tokens::Convert(arguments) => convert::run(arguments),
            Tokens::Verify(arguments) => run_to_end(verify::run(arguments)),
            Tokens::Inspect(arguments) => inspect::run(arguments),
        },
    }
}
