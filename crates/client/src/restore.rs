//! `zonemint tokens restore`

use serde_json::json;

use super::access::Server;
use super::login::ask_password;
use super::named;
use super::password::connect_for_password;
use super::text::plain;
use crate::command::{Failure, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name or id
    name: String,
    /// Whose password it is; the user of the token that other commands use, if not given
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the password from standard input, its first line
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    server: Server,
}

/// Servers take no token for this: a stolen one is not to undo that another one was revoked.
pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (mut connection, user, known) = connect_for_password(&arguments.server, arguments.user.as_ref()).await?;
    if known.is_none() {
        connection = connection.asked_as(Some(ask_password(&user, arguments.password_stdin)?));
    }
    let object = named::find(&connection, &arguments.name).await?;
    let id = connection.text(&object, "id")?;
    connection.patch(&["tokens", "named", id], &json!({"revoked": false})).await?;
    print(&format!("restored {}\n", plain(&arguments.name)))
}
