//! Sealed cursors: where a page of audit rows ended, for readers who may know no more of these rows than the page shows.
//!
//! The key comes from a root key of the keyring, so that each node can continue where another one ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::service::TokenService;
use zonemint_base::model::{TokenId, UserId};

impl TokenService {
    /// Seals where a page of a token's history ended, for the account that reads it alone. The text reveals only the length of what is
    /// sealed, and differs each time. None when there is no root key.
    #[must_use]
    pub fn seal_cursor(&self, token: TokenId, reader: UserId, place: &[u8]) -> Option<String> {
        let sealed = self.keyring().seal_cursor(&about(token, reader), place, &self.random, self.clock.uptime_ms())?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Takes back what was sealed. None for any other text, and when the root key was retired since.
    #[must_use]
    pub fn open_cursor(&self, token: TokenId, reader: UserId, text: &str) -> Option<Vec<u8>> {
        self.keyring().open_cursor(&about(token, reader), &URL_SAFE_NO_PAD.decode(text).ok()?)
    }
}

/// The account's length stands before it, so that no two pairs are the same: identifiers of both kinds have several lengths.
fn about(token: TokenId, reader: UserId) -> Vec<u8> {
    let reader = reader.as_bytes();
    let length = u8::try_from(reader.len()).unwrap_or(u8::MAX);
    [&[length], reader, token.as_bytes()].concat()
}
