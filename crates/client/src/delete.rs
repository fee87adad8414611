//! `zonemint tokens delete`

use super::access::Server;
use super::revoke::{Extent, end_all};
use crate::command::{Failure, TokenText};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Names, ids or the tokens themselves; `-` reads one from standard input, `@FILE` from a file
    #[arg(value_name = "NAME", required = true)]
    tokens: Vec<TokenText>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    end_all(&connection, &arguments.tokens, Extent { delete: true, with_descendants: false }, arguments.yes).await
}
