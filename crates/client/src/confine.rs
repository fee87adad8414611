//! `zonemint tokens confine`: offline, as anybody may who holds a token.

use zeroize::Zeroizing;

use super::access::Server;
use super::credential::Credential;
use super::narrowing::Narrowing;
use crate::command::{EncodingName, Failure, TokenText, fail, print, rewrite, warn_above_defaults};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Token: its text, which others on this machine can see in the list of processes; `-` for standard input, or `@FILE`.
    /// Without it, the token that other commands would use
    token: Option<TokenText>,
    /// How to write the narrowed token; as the token itself is written, if not given
    #[arg(long)]
    encoding: Option<EncodingName>,
    #[command(flatten)]
    narrowing: Narrowing,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let caveats = arguments.narrowing.caveats()?;
    if caveats.is_empty() {
        return fail(
            "say what the narrowed token is to allow, as in --ttl 12h or --ip 10.0.0.0/8; --help has all options",
        );
    }
    let text = chosen(arguments.token.as_ref(), &arguments.server, "narrowed")?;
    let narrowed = rewrite(&text, &caveats.iter().collect::<Vec<_>>(), arguments.encoding)?;
    warn_above_defaults(&narrowed);
    print(&format!("{narrowed}\n"))
}

/// The token that is named, or the one that other commands would use; `done` says what is done to that.
pub(super) fn chosen(token: Option<&TokenText>, server: &Server, done: &str) -> Result<Zeroizing<String>, Failure> {
    if let Some(token) = token {
        return token.read();
    }
    let Some(Credential::Token { text, from }) = server.credential()? else {
        return fail("there is no token to take: name one, or log in");
    };
    // Shows the user which token is used, in case another one on standard input was meant.
    eprintln!("{done} {from}");
    Ok(text.expose().to_owned().into())
}
