//! Rows as both engines give them, and how a record is read from one.

use super::{Chain, Cursor};
use zonemint_base::model::{KeyId, TokenId, UserId};

/// A column does not hold what this program writes there.
#[derive(Debug)]
pub(super) struct Unreadable;

impl<E: std::error::Error> From<E> for Unreadable {
    fn from(_: E) -> Self {
        Self
    }
}

/// What a column gives.
pub(super) type Read<T> = Result<T, Unreadable>;

/// A row of a result.
pub(super) trait Columns {
    fn integer(&self, at: usize) -> Read<Option<i64>>;
    fn bytes_or_null(&self, at: usize) -> Read<Option<&[u8]>>;
    fn text_or_null(&self, at: usize) -> Read<Option<&str>>;
    /// The name of a user or a token: text in SQLite, bytes in PostgreSQL.
    fn name(&self, at: usize) -> Read<Option<&str>>;
    fn flag(&self, at: usize) -> Read<bool>;

    fn number_or_null(&self, at: usize) -> Read<Option<u64>> {
        Ok(self.integer(at)?.map(u64::try_from).transpose()?)
    }

    fn number(&self, at: usize) -> Read<u64> {
        self.number_or_null(at)?.ok_or(Unreadable)
    }

    /// A day or a minute since the Unix epoch.
    fn time(&self, at: usize) -> Read<Option<u32>> {
        Ok(self.integer(at)?.map(u32::try_from).transpose()?)
    }

    fn bytes(&self, at: usize) -> Read<&[u8]> {
        self.bytes_or_null(at)?.ok_or(Unreadable)
    }

    fn text(&self, at: usize) -> Read<&str> {
        self.text_or_null(at)?.ok_or(Unreadable)
    }

    fn hash_or_null(&self, at: usize) -> Read<Option<[u8; 32]>> {
        Ok(self.bytes_or_null(at)?.map(TryInto::try_into).transpose()?)
    }

    fn hash(&self, at: usize) -> Read<[u8; 32]> {
        self.hash_or_null(at)?.ok_or(Unreadable)
    }

    fn user_id_or_null(&self, at: usize) -> Read<Option<UserId>> {
        Ok(self.bytes_or_null(at)?.map(UserId::from_slice).transpose()?)
    }

    fn user_id(&self, at: usize) -> Read<UserId> {
        self.user_id_or_null(at)?.ok_or(Unreadable)
    }

    fn token_id_or_null(&self, at: usize) -> Read<Option<TokenId>> {
        Ok(self.bytes_or_null(at)?.map(TokenId::from_bytes).transpose()?)
    }

    fn token_id(&self, at: usize) -> Read<TokenId> {
        self.token_id_or_null(at)?.ok_or(Unreadable)
    }

    fn key_id(&self, at: usize) -> Read<KeyId> {
        Ok(KeyId::from_bytes(self.bytes(at)?.try_into()?))
    }

    fn chain(&self, at: usize) -> Read<Chain> {
        Chain::parse(self.text(at)?).ok_or(Unreadable)
    }

    /// The number and the hash of a change, from two columns.
    fn cursor(&self, at: usize) -> Read<Cursor> {
        Ok(Cursor { seq: self.number(at)?, hash: self.hash_or_null(at + 1)? })
    }
}

/// A row from which no record of this kind can be read.
#[derive(Debug)]
pub(super) struct Corrupt(pub(super) &'static str);

/// A kind of record: its name in error messages, and how one is read from a row.
pub(super) struct Kind<T> {
    what: &'static str,
    read: fn(&dyn Columns) -> Read<T>,
}

impl<T> Kind<T> {
    pub(super) const fn new(what: &'static str, read: fn(&dyn Columns) -> Read<T>) -> Self {
        Self { what, read }
    }

    pub(super) fn of(&self, row: &dyn Columns) -> Result<T, Corrupt> {
        (self.read)(row).map_err(|_| Corrupt(self.what))
    }
}
