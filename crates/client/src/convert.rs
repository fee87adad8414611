//! `zonemint tokens convert`: offline.

use super::access::Server;
use super::confine::chosen;
use crate::command::{CommandError, EncodingName, Failure, TokenText, convert, print, warn_above_defaults};
use zonemint_base::model::split_service;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Token: its text, which others on this machine can see in the list of processes; `-` for standard input, or `@FILE`.
    /// Without it, the token that other commands would use
    token: Option<TokenText>,
    /// How to write it
    #[arg(long)]
    encoding: EncodingName,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = chosen(arguments.token.as_ref(), &arguments.server, "converted")?;
    let converted = convert(&text, arguments.encoding).map_err(|error| CommandError(error.to_string()))?;
    warn_above_defaults(split_service(&converted).1);
    print(&format!("{converted}\n"))
}
