//! `zonemint tokens convert`: offline.

use super::access::Server;
use super::confine::chosen;
use crate::command::{EncodingName, Failure, TokenText, print, rewrite, warn_above_defaults};

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
    let converted = rewrite(&text, &[], Some(arguments.encoding))?;
    warn_above_defaults(&converted);
    print(&format!("{converted}\n"))
}
