//! `zonemint password`: one's own, for who knows the present one.

use std::io::IsTerminal as _;

use serde_json::json;

use super::access::Server;
use super::connection::Connection;
use super::credential::Credential;
use super::environment::Environment;
use super::login::{ask_hidden, input_lines, user_name};
use super::secret::Secret;
use super::text::plain;
use crate::command::{Failure, fail, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose password it is; the user of the token or password that other commands use, if not given
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read both passwords from standard input: the present one from the first line, the new one from the second
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    server: Server,
}

/// Asks for the present password even where a token would do: a stolen token is not to lock its owner out. A server that wants
/// another password first hears nothing else by password, so the name is not asked for by one.
pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (connection, user, known) = connect_for_password(&arguments.server, arguments.user.as_ref()).await?;
    let (old, new) = ask(&user, known, arguments.password_stdin)?;
    let from = format!("user {}", plain(&user));
    let connection =
        connection.asked_as(Some(Credential::Password { user: user.clone(), password: old.clone(), from }));
    let body = json!({"oldPassword": old.expose(), "newPassword": new.expose()});
    connection.patch(&["user", "password"], &body).await?;
    if Environment::of_process().basic_auth.is_some() {
        eprintln!("note: ONEZONE_BASIC_AUTH still has the former password, if it is of this user");
    }
    print(&format!("changed the password of {}\n", plain(&user)))
}

/// A connection, whose password it needs, and that password if the connection has it. Asks the server for a name that is not given.
pub(super) async fn connect_for_password(
    server: &Server,
    user: Option<&String>,
) -> Result<(Connection, String, Option<Secret>), Failure> {
    if let Some(user) = user {
        return Ok((server.connect_as_nobody()?, user.clone(), None));
    }
    let connection = server.connect()?;
    if let Some(Credential::Password { user, password, .. }) = connection.credential.clone() {
        return Ok((connection, user, Some(password)));
    }
    let user = user_name(&connection).await?;
    Ok((connection, user, None))
}

/// The present password and the new one. What is read from standard input is both; at a terminal, what is known is not asked for.
fn ask(user: &str, known: Option<Secret>, from_stdin: bool) -> Result<(Secret, Secret), Failure> {
    if from_stdin {
        let [old, new] = input_lines("the present password and the new one")?;
        return Ok((old, new));
    }
    if !std::io::stdin().is_terminal() {
        let told = "there is no terminal to ask for passwords: give --password-stdin, with the present one and the new one on two lines";
        return fail(told.to_owned());
    }
    let old = match known {
        Some(known) => known,
        None => ask_hidden(&format!("Present password of {}: ", plain(user)))?,
    };
    let new = ask_hidden("New password: ")?;
    if new == ask_hidden("Again: ")? {
        Ok((old, new))
    } else {
        fail("the two new passwords differ; nothing was changed")
    }
}
