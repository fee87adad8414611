//! `zonemint tokens convert`: offline.

use super::access::Server;
use super::confine::chosen;
use crate::cli::encoding::{EncodingName, convert};
use crate::cli::limits::warn_above_defaults;
use crate::cli::token_text::TokenText;
use crate::cli::{CommandError, Failure, print};
use zonemint_service::token::split_service;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
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
