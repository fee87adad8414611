//! Rows to records and back.

use tokio_postgres::Row;

use super::fault::Fault;
use super::schema::SHARDS;
use crate::{AuditAction, AuditRow, Chain, Change, Cursor, SealedKey, TokenRow, UserRow, columns, user_names};
use zonemint_base::model::{
    FullName, KeyId, PasswordHash, SubjectKind, Token, TokenId, TokenName, User, UserId, UserName,
};

/// The database's integers have a sign.
pub(super) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many rows a statement may give.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads a number that has no sign here.
pub(super) fn number(row: &Row, column: usize) -> Result<u64, Fault> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| Fault::Corrupt("number"))
}

/// As [`number`], of a column that may be empty.
pub(super) fn maybe_number(row: &Row, column: usize) -> Result<Option<u64>, Fault> {
    row.try_get::<_, Option<i64>>(column)?
        .map(|number| u64::try_from(number).map_err(|_| Fault::Corrupt("number")))
        .transpose()
}

/// Reads a hash.
pub(super) fn hash(row: &Row, column: usize) -> Result<[u8; 32], Fault> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|_| Fault::Corrupt("hash"))
}

/// Reads the number and the hash of a change, from two columns.
pub(super) fn cursor(row: &Row, column: usize) -> Result<Cursor, Fault> {
    Ok(Cursor { seq: number(row, column)?, hash: maybe_hash(row, column + 1)? })
}

fn maybe_hash(row: &Row, column: usize) -> Result<Option<[u8; 32]>, Fault> {
    let bytes = row.try_get::<_, Option<&[u8]>>(column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| Fault::Corrupt("hash"))).transpose()
}

/// The place of a token among those that the table is spread over: of its last byte, which is random in each kind of identifier.
pub(super) fn shard(id: &TokenId) -> i16 {
    id.as_bytes().last().map_or(0, |byte| i16::from(byte % SHARDS))
}

pub(super) fn token_id(row: &Row, column: usize) -> Result<TokenId, Fault> {
    TokenId::from_bytes(row.try_get(column)?).map_err(|_| Fault::Corrupt("token"))
}

pub(super) fn user_id(row: &Row, column: usize) -> Result<UserId, Fault> {
    UserId::from_slice(row.try_get(column)?).map_err(|_| Fault::Corrupt("user"))
}

fn maybe_user_id(row: &Row, column: usize) -> Result<Option<UserId>, Fault> {
    let bytes = row.try_get::<_, Option<&[u8]>>(column)?;
    bytes.map(UserId::from_slice).transpose().map_err(|_| Fault::Corrupt("user"))
}

pub(super) fn key_id(row: &Row, column: usize) -> Result<KeyId, Fault> {
    row.try_get::<_, &[u8]>(column)?.try_into().map(KeyId::from_bytes).map_err(|_| Fault::Corrupt("key"))
}

/// In the order of [`super::tokens::COLUMNS`].
pub(super) fn token(row: &Row) -> Result<Token, Fault> {
    let id = token_id(row, 0)?;
    let user = user_id(row, 1)?;
    let key = key_id(row, 2)?;
    let name = text_or_null(row, 3)?.map(TokenName::parse);
    let caveats = columns::caveats_from_text(row.try_get(4)?);
    let revoked_ms = maybe_number(row, 5)?;
    let form = columns::form_from(row.try_get(6)?);
    let kind = columns::kind_from(row.try_get(7)?);
    let metadata = row.try_get(8)?;
    let created_ms = maybe_number(row, 9)?.unwrap_or_else(|| id.time_ms());
    let last_used_day = row.try_get::<_, Option<i32>>(10)?.map(u32::try_from).transpose();
    let secret = columns::secret_from(key, row.try_get(11)?);
    let parent = columns::parent_from(row.try_get(12)?, number(row, 13)?);
    let last_minute = row.try_get::<_, Option<i32>>(14)?.map(u32::try_from).transpose();
    let (network, service) = (row.try_get(15)?, row.try_get(16)?);
    let parts = (|| {
        let name = name.transpose().ok()?;
        let last_use = columns::last_use_from(last_minute.ok()?, network, service);
        let (form, kind, caveats, last_used_day, parent) = (form?, kind?, caveats?, last_used_day.ok()?, parent.ok()?);
        Some(Token {
            id,
            user,
            secret,
            form,
            kind,
            name,
            caveats,
            metadata,
            created_ms,
            revoked_ms,
            last_used_day,
            last_use,
            parent,
        })
    })();
    parts.ok_or(Fault::Corrupt("token"))
}

/// In the order of [`super::users::COLUMNS`].
pub(super) fn user(row: &Row) -> Result<User, Fault> {
    let id = user_id(row, 0)?;
    let name = text_or_null(row, 1)?.map(UserName::parse);
    let full_name = FullName::parse(row.try_get(2)?);
    let password: String = row.try_get(3)?;
    let blocked = row.try_get(4)?;
    let created_ms = number(row, 5)?;
    let version = number(row, 6)?;
    let kind = SubjectKind::from_abbreviation(row.try_get(7)?);
    let basic_auth = row.try_get(8)?;
    let privileges = row.try_get::<_, &str>(9)?.parse();
    let generation = number(row, 10)?;
    let password_version = number(row, 11)?;
    let folded = text_or_null(row, 12)?;
    let must_change = row.try_get(13)?;
    let parts = (|| {
        let name = name.transpose().ok()?;
        Some(User {
            id,
            kind: kind?,
            ignores_case: user_names::ignores_case(name.as_ref(), folded),
            name,
            full_name: full_name.ok()?,
            password: Some(password).filter(|hash| !hash.is_empty()).map(PasswordHash::new),
            basic_auth,
            blocked,
            privileges: privileges.ok()?,
            generation,
            created_ms,
            version,
            password_version,
            must_change,
        })
    })();
    parts.ok_or(Fault::Corrupt("user"))
}

/// A user, the time of removal, and the link.
pub(super) fn user_row(row: &Row) -> Result<UserRow, Fault> {
    let reset = columns::reset_from(maybe_hash(row, 15)?, maybe_number(row, 16)?);
    Ok(UserRow { user: user(row)?, removed_ms: maybe_number(row, 14)?, reset })
}

/// A token, and the time of deletion.
pub(super) fn token_row(row: &Row) -> Result<TokenRow, Fault> {
    Ok(TokenRow { token: token(row)?, deleted_ms: maybe_number(row, 17)? })
}

/// Names are kept as bytes.
fn text_or_null(row: &Row, column: usize) -> Result<Option<&str>, Fault> {
    row.try_get::<_, Option<&[u8]>>(column)?.map(str::from_utf8).transpose().map_err(|_| Fault::Corrupt("name"))
}

pub(super) fn sealed_key(row: &Row) -> Result<SealedKey, Fault> {
    Ok(SealedKey {
        id: key_id(row, 0)?,
        sealed_by: key_id(row, 1)?,
        sealed: row.try_get(2)?,
        created_ms: number(row, 3)?,
        retired_ms: maybe_number(row, 4)?,
        number: maybe_number(row, 5)?,
    })
}

pub(super) fn chain(row: &Row, column: usize) -> Result<Chain, Fault> {
    Chain::parse(row.try_get(column)?).ok_or(Fault::Corrupt("chain"))
}

/// Of the columns `chain`, `seq`, `hash`, `at_ms`, `kind` and `id`.
pub(super) fn change(row: &Row) -> Result<Change, Fault> {
    let topic = columns::topic_from(row.try_get(4)?, row.try_get(5)?).ok_or(Fault::Corrupt("change"))?;
    let Cursor { seq, hash } = cursor(row, 1)?;
    Ok(Change { chain: chain(row, 0)?, seq, at_ms: number(row, 3)?, topic, hash })
}

/// A row of the named chain.
pub(super) fn audit_row(chain: &Chain, row: &Row) -> Result<AuditRow, Fault> {
    let token = row.try_get::<_, Option<&[u8]>>(5)?.map(TokenId::from_bytes).transpose();
    Ok(AuditRow {
        chain: chain.clone(),
        seq: number(row, 0)?,
        at_ms: number(row, 1)?,
        action: AuditAction::from_name(row.try_get(2)?).ok_or(Fault::Corrupt("audit row"))?,
        actor: maybe_user_id(row, 3)?,
        user: maybe_user_id(row, 4)?,
        token: token.map_err(|_| Fault::Corrupt("audit row"))?,
        note: row.try_get(6)?,
        hash: hash(row, 7)?,
    })
}
