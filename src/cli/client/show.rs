//! `zonemint tokens show`

use super::access::Server;
use super::listed::Listed;
use super::named;
use super::text::{facts, json_line};
use crate::cli::{Failure, print};
use crate::clock::Clock;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Name or id
    name: String,
    /// Print the token itself, and nothing else
    #[arg(long)]
    token: bool,
    /// Print what the server says of it, the token too, as a JSON object
    #[arg(long, conflicts_with = "token")]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    let object = named::find(&connection, &arguments.name).await?;
    if arguments.json {
        print(&json_line(&object))
    } else if arguments.token {
        print(&format!("{}\n", connection.token(&object)?))
    } else {
        print(&facts(&Listed::of_object(object, Clock::system().now_s()).facts()))
    }
}
