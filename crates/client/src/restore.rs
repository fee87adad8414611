//! `zonemint tokens restore`

use serde_json::json;

use super::access::Server;
use super::credential::Credential;
use super::login::{ask_password, user_name};
use super::named;
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
    let connection = if let Some(user) = &arguments.user {
        arguments.server.connect_as_nobody()?.asked_as(Some(ask_password(user, arguments.password_stdin)?))
    } else {
        let connection = arguments.server.connect()?;
        if matches!(connection.credential, Some(Credential::Password { .. })) {
            connection
        } else {
            let user = user_name(&connection).await?;
            connection.asked_as(Some(ask_password(&user, arguments.password_stdin)?))
        }
    };
    let object = named::find(&connection, &arguments.name).await?;
    let id = connection.text(&object, "id")?;
    connection.patch(&["tokens", "named", id], &json!({"revoked": false})).await?;
    print(&format!("restored {}\n", plain(&arguments.name)))
}
