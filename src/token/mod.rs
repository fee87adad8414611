//! Client tokens: minting, verifying, listing and revoking them.
//!
//! A token's secret is derived, never stored: from a root key of the keyring and the token's own identity. This module does
//! not know users beyond their ids, nor HTTP. Whether a token's owner still exists is for whoever asks.
//!
//! Where the next thing goes: another kind of token is a file beside `mint.rs` with its own identity for the keyring.

mod keyring;
mod mint;
mod service;
mod settings;
mod verify;

pub use keyring::{KeyEncryptionKey, Keyring, KeyringError};
pub use mint::{Authority, MintError, MintRequest, Minted};
pub use service::TokenService;
pub use settings::Settings;
pub use verify::{Authenticated, Refused, VerifyError};
