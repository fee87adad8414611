//! Macaroons: the binary formats V1 and V2, the encodings of their text, and the HMAC chain.
//!
//! This library knows bytes and keys. It does not know what a caveat means, who a token belongs to, or what time it is. In each
//! [`Encoding`] the parser accepts exactly one text of each macaroon, so that `parse(text)` returns a macaroon and an encoding in
//! which it has that text again.
//!
//! A [`Macaroon`] is untrusted. [`Macaroon::verify`] turns it into a [`Verified`], the only type that offers caveats for a
//! decision.
//!
//! Where the next thing goes: another rule of the format is a variant of [`ParseError`] and a vector; a third-party
//! discharge would be a file next to `chain.rs`.
//!
#![doc = include_str!("../README.md")]

mod chain;
mod encoding;
mod key;
mod layout;
mod packet;
mod parse;
mod signature;
mod text;
mod v2;

pub use encoding::{Digits, Encoding, Version};
pub use key::RootSecret;
pub use layout::BuildError;
pub use packet::{Caveat, Macaroon, ThirdParty, Verified};
pub use parse::{Limits, ParseError};
pub use signature::SignatureMismatch;
pub use text::{TextError, begins_as_token, printable, printable_beginning};
