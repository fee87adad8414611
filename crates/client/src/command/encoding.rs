//! `--encoding`: how a token is written.

use super::failure::CommandError;
use zonemint_base::model::split_service;
use zonemint_caveat::Caveat;
use zonemint_macaroon::{Encoding, Limits, Macaroon};

/// The encodings that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EncodingName {
    /// Letters and digits only, as Onezone writes it
    Onezone,
    /// As macaroon libraries for version 1 of the format read it
    Base64url,
    /// As macaroon libraries for version 2 read it, those in Go and for npm among them
    V2,
}

impl From<EncodingName> for Encoding {
    fn from(name: EncodingName) -> Self {
        match name {
            EncodingName::Onezone => Self::Onezone,
            EncodingName::Base64url => Self::BASE64URL,
            EncodingName::V2 => Self::V2,
        }
    }
}

/// The same token, narrowed by `caveats`, and in another encoding if one is given. The prefix of a service's token stays.
///
/// # Errors
/// The text is no token, or the encoding cannot hold it.
pub fn rewrite(text: &str, caveats: &[&Caveat], encoding: Option<EncodingName>) -> Result<String, CommandError> {
    let (_, bare) = split_service(text);
    let (mut token, before) =
        Macaroon::parse(bare, &Limits::FORMAT).map_err(|rule| CommandError(format!("not a valid token: {rule}")))?;
    for caveat in caveats {
        token.narrow(caveat.to_string().as_bytes()).map_err(|rule| CommandError(rule.to_string()))?;
    }
    let written = token
        .to_text(encoding.map_or(before, Into::into))
        .map_err(|rule| CommandError(format!("the token cannot be written so: {rule}")))?;
    Ok(format!("{}{written}", &text[..text.len() - bare.len()]))
}

/// A token that a server has just made, in this encoding. One that cannot be written so is shown as it is.
#[must_use]
pub fn written(text: &str, encoding: Option<EncodingName>) -> String {
    let Some(encoding) = encoding else { return text.to_owned() };
    rewrite(text, &[], Some(encoding)).unwrap_or_else(|error| {
        eprintln!("the token is written as the server has it: {error}");
        text.to_owned()
    })
}
