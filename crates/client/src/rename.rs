//! `zonemint tokens rename`

use serde_json::json;

use super::access::Server;
use super::named;
use super::text::plain;
use crate::command::{Failure, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name or id
    name: String,
    /// The other name: 2 to 128 letters, digits, spaces and ( ) [ ] . - _
    #[arg(value_name = "NEW_NAME")]
    to: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let connection = arguments.server.connect()?;
    let object = named::find(&connection, &arguments.name).await?;
    let id = connection.text(&object, "id")?;
    connection.patch(&["tokens", "named", id], &json!({"name": arguments.to})).await?;
    print(&format!("{} is now {}\n", plain(&arguments.name), plain(&arguments.to)))
}
