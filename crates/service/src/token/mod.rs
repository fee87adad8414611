//! Tokens: minting, verifying, reading, narrowing, listing and revoking them.
//!
//! A token's secret is derived, never stored: from a root key of the keyring and the token's own identity. Only a token that
//! another service made, and that was taken over, brings a secret of its own, which is kept sealed. This module knows of
//! users only their records, and does not know HTTP. The caller finds out whether a token's subject still exists.
//!
//! Where the next thing goes: another kind of token is a variant of [`TokenType`](zonemint_base::model::TokenType); another thing to do with tokens that exist
//! is a function in `manage.rs`.

mod cursor;
mod descendants;
mod error;
mod good_tokens;
mod import;
mod inspect;
mod key_source;
mod keyring;
mod keys;
mod life;
mod lifetime;
mod manage;
mod metrics;
mod mint;
mod per_account;
mod place;
mod presented;
mod remembered;
mod retention;
mod service;
mod services;
mod settings;
mod signed_caveats;
mod signed_texts;
mod tls_session;
mod use_counts;
mod uses;
mod verdict;
mod verify;
mod visible;

pub use error::{ManageError, MintError};
pub use good_tokens::GoodTokens;
pub use import::{ImportError, ImportedToken, Owner, RefusedLine, TokenImport};
pub use inspect::{ConfineError, InspectedToken};
pub use key_source::{KeySource, SharedKeySource};
pub use keyring::{HANDOVER_MS, KeyEncryptionKey, KeyEncryptionKeys, Keyring, KeyringError};
pub use keys::{KeyState, RootKeyRow};
pub use life::Lives;
pub use manage::{Ended, LONGEST_OVERLAP_S, Replacement, Rotation};
pub use mint::{MintRequest, Minted, NamedRequest, TemporaryRequest};
pub use per_account::{MANY_TOKENS, TokenCounts};
pub use presented::{Recognised, Signed};
pub use retention::{ExpiredTokens, delete_old_uses};
pub use service::{Parts, TokenService};
pub use settings::{Alphabet, Lifetime, Settings};
pub use signed_caveats::UnreadableCaveat;
pub use tls_session::SESSION_LIFETIME_S;
pub use use_counts::DAYS_OF_USES;
pub use verdict::{Authenticated, Refused, VerifyError};
pub use verify::consumer;
pub use visible::VisibleToken;
