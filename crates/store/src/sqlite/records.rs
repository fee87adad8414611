//! Rows to records and back.

use rusqlite::types::{Type, ValueRef};
use rusqlite::{ErrorCode, Row};

use super::error::ReadError;
use crate::{AuditAction, AuditRow, Chain, Change, SealedKey, TokenRow, UserRow, columns, user_names};
use zonemint_base::model::{
    FullName, KeyId, PasswordHash, SubjectKind, Token, TokenId, TokenName, User, UserId, UserName,
};

/// What one row gave: a record, or the kind of record that could not be made of it.
type ReadRow<T> = rusqlite::Result<Result<T, ReadError>>;

fn intact<T>(what: &'static str, record: Option<T>) -> Result<T, ReadError> {
    record.ok_or(ReadError::Corrupt(what))
}

/// The account that a column names.
pub(super) fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    UserId::from_slice(row.get_ref(column)?.as_blob()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}

/// The account that a column names, if it names one.
fn user_id_or_null(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<UserId>> {
    if row.get_ref(column)? == ValueRef::Null { Ok(None) } else { user_id(row, column).map(Some) }
}

/// Whether a statement failed because the named column, as in `tokens.id`, would not have been unique.
pub(super) fn is_unique_violation(error: &rusqlite::Error, column: &str) -> bool {
    // SQLite tells the columns in the text of its message only.
    matches!(error, rusqlite::Error::SqliteFailure(failure, Some(text))
        if failure.code == ErrorCode::ConstraintViolation && text.ends_with(column))
}

/// Whether a statement failed because another token of the owner, or another account, has the name, or one that counts as the same.
pub(super) fn is_name_taken(error: &rusqlite::Error) -> bool {
    ["tokens.name", "users.name", "users.folded"].iter().any(|column| is_unique_violation(error, column))
}

pub(super) fn token_id(bytes: &[u8]) -> Result<TokenId, ReadError> {
    intact("token", TokenId::from_bytes(bytes).ok())
}

pub(super) fn token(row: &Row<'_>) -> ReadRow<Token> {
    let id = row.get_ref(0)?.as_blob()?;
    let user = user_id(row, 1)?;
    let key = KeyId::from_bytes(row.get(2)?);
    let name = row.get_ref(3)?.as_str_or_null()?.map(TokenName::parse);
    let caveats = columns::caveats_from_text(row.get_ref(4)?.as_str()?);
    let revoked_ms = row.get(5)?;
    let form = columns::form_from(row.get_ref(6)?.as_str()?);
    let kind = columns::kind_from(row.get_ref(7)?.as_str()?);
    let metadata = row.get(8)?;
    let created_ms: Option<u64> = row.get(9)?;
    let last_used_day = row.get(10)?;
    let secret = columns::secret_from(key, row.get(11)?);
    let parent = columns::parent_from(row.get_ref(12)?.as_blob_or_null()?, row.get(13)?);
    let last_use = columns::last_use_from(row.get(14)?, row.get(15)?, row.get(16)?);
    let parts = (|| {
        let id = TokenId::from_bytes(id).ok()?;
        let created_ms = created_ms.unwrap_or_else(|| id.time_ms());
        let name = name.transpose().ok()?;
        let (form, kind, caveats, parent) = (form?, kind?, caveats?, parent.ok()?);
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
    Ok(intact("token", parts))
}

pub(super) fn user(row: &Row<'_>) -> ReadRow<User> {
    let id = user_id(row, 0)?;
    let name = row.get_ref(1)?.as_str_or_null()?.map(UserName::parse);
    let full_name = FullName::parse(row.get_ref(2)?.as_str()?);
    let password: String = row.get(3)?;
    let blocked = row.get(4)?;
    let created_ms = row.get(5)?;
    let version = row.get(6)?;
    let kind = SubjectKind::from_abbreviation(row.get_ref(7)?.as_str()?);
    let basic_auth = row.get(8)?;
    let privileges = row.get_ref(9)?.as_str()?.parse();
    let generation = row.get(10)?;
    let password_version = row.get(11)?;
    let folded = row.get_ref(12)?.as_str_or_null()?;
    let must_change = row.get(13)?;
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
    Ok(intact("user", parts))
}

/// A user, the time of removal, and the link.
pub(super) fn user_row(row: &Row<'_>) -> ReadRow<UserRow> {
    let (removed_ms, reset) = (row.get(14)?, columns::reset_from(row.get(15)?, row.get(16)?));
    Ok(user(row)?.map(|user| UserRow { user, removed_ms, reset }))
}

/// A token, and the time of deletion.
pub(super) fn token_row(row: &Row<'_>) -> ReadRow<TokenRow> {
    let deleted_ms = row.get(17)?;
    Ok(token(row)?.map(|token| TokenRow { token, deleted_ms }))
}

pub(super) fn sealed_key(row: &Row<'_>) -> rusqlite::Result<SealedKey> {
    Ok(SealedKey {
        id: KeyId::from_bytes(row.get(0)?),
        sealed_by: KeyId::from_bytes(row.get(1)?),
        sealed: row.get(2)?,
        created_ms: row.get(3)?,
        retired_ms: row.get(4)?,
        number: row.get(5)?,
    })
}

/// Of the columns `seq`, `hash`, `at_ms`, `kind` and `id`.
pub(super) fn change(row: &Row<'_>) -> ReadRow<Change> {
    let (seq, hash, at_ms) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let topic = columns::topic_from(row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_blob()?);
    Ok(intact("change", topic).map(|topic| Change { chain: Chain::embedded(), seq, at_ms, topic, hash }))
}

/// A row of the named chain. Whatever its columns hold, it is the row that cannot be read, and not the store.
pub(super) fn audit_row(chain: &Chain, row: &Row<'_>) -> Result<AuditRow, ReadError> {
    let parts = || {
        let action = AuditAction::from_name(row.get_ref(2).ok()?.as_str().ok()?)?;
        let token = row.get_ref(5).ok()?.as_blob_or_null().ok()?.map(TokenId::from_bytes);
        Some(AuditRow {
            chain: chain.clone(),
            seq: row.get(0).ok()?,
            at_ms: row.get(1).ok()?,
            action,
            actor: user_id_or_null(row, 3).ok()?,
            user: user_id_or_null(row, 4).ok()?,
            token: token.transpose().ok()?,
            hash: row.get(6).ok()?,
            note: row.get(7).ok()?,
        })
    };
    intact("audit row", parts())
}
