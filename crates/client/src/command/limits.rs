//! Warns of tokens that the format allows but a server may refuse. Contacts no server.

use zonemint_base::model::split_service;
use zonemint_macaroon::{Limits, Macaroon, ParseError, TextError};

/// Warns on standard error when a server with the default settings would refuse a token. Does nothing for a text that is no token.
pub fn warn_above_defaults(token: &str) {
    let Err(rule) = Macaroon::parse(split_service(token).1, &Limits::default()) else { return };
    let setting = match rule {
        ParseError::Text(TextError::TooLong { .. }) => "token.max_length",
        ParseError::TooManyCaveats { .. } => "token.max_caveats",
        ParseError::CaveatTooLong { .. } => "token.max_caveat",
        _ => return,
    };
    eprintln!("warning: {rule}: a server refuses the token unless {setting} is set higher than by default");
}
