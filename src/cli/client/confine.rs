//! `zonemint tokens confine`: offline, as anybody may who holds a token.

use super::access::Server;
use super::credential::Credential;
use super::narrowing::Narrowing;
use crate::cli::token_text::TokenText;
use crate::cli::{Failure, Told, print};
use crate::macaroon::{Limits, Macaroon};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Token: its text, which others on this machine can see in the list of processes; `-` for standard input, or `@FILE`.
    /// Without it, the token that other commands would use
    token: Option<TokenText>,
    #[command(flatten)]
    narrowing: Narrowing,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let caveats = arguments.narrowing.caveats()?;
    if caveats.is_empty() {
        let told =
            "say what the narrowed token is to allow, as in --ttl 12h or --ip 10.0.0.0/8; --help has all options";
        return Err(Told(told.to_owned()).into());
    }
    let text = match &arguments.token {
        Some(token) => token.read()?,
        None => match arguments.server.credential()? {
            Some(Credential::Token { text, from }) => {
                // Whoever meant another one, on standard input, is to see it.
                eprintln!("narrowed {from}");
                text.expose().to_owned().into()
            }
            _ => return Err(Told("there is no token to confine: name one, or log in".to_owned()).into()),
        },
    };
    let (mut token, alphabet) =
        Macaroon::parse(&text, &Limits::FORMAT).map_err(|rule| Told(format!("not a valid token: {rule}")))?;
    for caveat in caveats {
        token.narrow(caveat.to_string().as_bytes())?;
    }
    print(&format!("{}\n", token.to_text(alphabet)))
}
