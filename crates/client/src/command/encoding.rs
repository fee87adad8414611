//! `--encoding`: how a token is written.

use zonemint_base::model::split_service;
use zonemint_macaroon::{BuildError, Encoding, Limits, Macaroon, ParseError};

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

/// Why a token was not written in another encoding.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It is no token.
    #[error("not a valid token: {0}")]
    Parse(#[from] ParseError),
    /// It has parts that the encoding cannot hold.
    #[error("the token cannot be written so: {0}")]
    Build(#[from] BuildError),
}

/// The same token in another encoding: every byte of it, and its signature. What a service's token has before it stays.
///
/// # Errors
/// [`ConvertError`] when the text is no token, or the encoding cannot hold it.
pub fn convert(text: &str, encoding: EncodingName) -> Result<String, ConvertError> {
    let (_, bare) = split_service(text);
    let (token, _) = Macaroon::parse(bare, &Limits::FORMAT)?;
    Ok(format!("{}{}", &text[..text.len() - bare.len()], token.to_text(encoding.into())?))
}

/// As [`convert`], for a token that a server has just made: it is shown in any case.
#[must_use]
pub fn written(text: &str, encoding: Option<EncodingName>) -> String {
    encoding.map_or_else(
        || text.to_owned(),
        |encoding| {
            convert(text, encoding).unwrap_or_else(|error| {
                eprintln!("the token is written as the server has it: {error}");
                text.to_owned()
            })
        },
    )
}
