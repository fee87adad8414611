//! Macaroons: the V1 packet format, its two text alphabets, and the HMAC chain.
//!
//! This module knows bytes and keys. It refuses to know what a caveat means, who a token belongs to, or what time it is:
//! that is `caveat` and `token`. The parser accepts exactly one spelling of each macaroon, so that
//! `parse(text).to_text(alphabet) == text` holds for everything it accepts.
//!
//! A [`Macaroon`] is untrusted. [`Macaroon::verify`] turns it into a [`Verified`], the only type that offers caveats for a
//! decision.
//!
//! Where the next thing goes: another rule of the format is a variant of [`ParseError`] and a vector; a third-party
//! discharge would be a file beside `chain.rs`.

mod chain;
mod key;
mod packet;
mod parse;
mod text;

pub use key::{RootSecret, SignatureMismatch};
pub use packet::{BuildError, Caveat, Macaroon, ThirdParty, Verified};
pub use parse::{Limits, ParseError};
pub use text::{Alphabet, TextError, printable};
