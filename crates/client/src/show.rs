//! `zonemint tokens show`

use super::access::Server;
use super::named;
use super::text::json_line;
use super::token_summary::TokenSummary;
use crate::command::output::Output;
use crate::command::{Failure, print};
use zonemint_base::clock::Clock;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name or id
    name: String,
    /// Print the token itself, and nothing else
    #[arg(long, conflicts_with_all = ["format", "json"])]
    token: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    let object = named::find(&connection, &arguments.name).await?;
    if arguments.output.is_json() {
        print(&json_line(&object))
    } else if arguments.token {
        print(&format!("{}\n", connection.token(&object)?))
    } else {
        let now = Clock::system().now_s();
        print(&arguments.output.facts(&TokenSummary::of_object(object, now).facts(now)))
    }
}
