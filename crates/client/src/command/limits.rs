//! Bounds on tokens, where no server is asked: those of the format, with a word about what a server would take.

use zonemint_macaroon::{Limits, Macaroon, ParseError, TextError};

/// Says on standard error what a server with the default settings would refuse a token for. Other texts than tokens are none of
/// its business.
pub fn warn_above_defaults(token: &str) {
    let Err(rule) = Macaroon::parse(token, &Limits::default()) else { return };
    let setting = match rule {
        ParseError::Text(TextError::TooLong { .. }) => "token.max_length",
        ParseError::TooManyCaveats { .. } => "token.max_caveats",
        ParseError::CaveatTooLong { .. } => "token.max_caveat",
        _ => return,
    };
    eprintln!("warning: {rule}: a server refuses the token unless {setting} is set higher than by default");
}
