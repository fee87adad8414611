//! Rows to records and back.

use rusqlite::{Connection, ErrorCode, Row, params};

use super::ReadError;
use crate::caveat::Caveat;
use crate::model::{FullName, KeyId, PasswordHash, Token, TokenId, TokenName, User, UserId, UserName};
use crate::store::{Added, AuditAction, AuditRow, Change, Inserted, SealedKey, Subject, UserChange};

/// What one row gave: a record, or the kind of record that could not be made of it.
type Read<T> = rusqlite::Result<Result<T, ReadError>>;

fn intact<T>(what: &'static str, record: Option<T>) -> Result<T, ReadError> {
    record.ok_or(ReadError::Corrupt(what))
}

/// Caveats are kept as their texts, one a line: no caveat that we mint holds a control character.
fn caveats_to_text(caveats: &[Caveat]) -> String {
    let texts: Vec<_> = caveats.iter().map(Caveat::to_string).collect();
    texts.join("\n")
}

fn caveats_from_text(text: &str) -> Option<Vec<Caveat>> {
    text.lines().map(|line| Caveat::parse(line.as_bytes()).ok()).collect()
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::ConstraintViolation)
}

pub(super) fn insert_token(connection: &Connection, token: &Token) -> rusqlite::Result<Inserted> {
    let sql = "INSERT INTO tokens (id, user, key, name, caveats, revoked_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6
               WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2 AND removed_ms IS NULL AND blocked = 0)";
    let inserted = connection.prepare_cached(sql)?.execute(params![
        token.id.as_bytes(),
        token.user.as_bytes(),
        token.key.as_bytes(),
        token.name.as_ref().map(TokenName::as_str),
        caveats_to_text(&token.caveats),
        token.revoked_ms,
    ]);
    match inserted {
        Ok(0) => Ok(Inserted::OwnerGone),
        Ok(_) => Ok(Inserted::Stored),
        Err(error) if token.name.is_some() && is_unique_violation(&error) => Ok(Inserted::NameTaken),
        Err(error) => Err(error),
    }
}

pub(super) fn token(row: &Row<'_>) -> Read<Token> {
    let name: Option<String> = row.get(3)?;
    let caveats: String = row.get(4)?;
    let id = TokenId::from_bytes(row.get(0)?);
    let user = UserId::from_bytes(row.get(1)?);
    let key = KeyId::from_bytes(row.get(2)?);
    let revoked_ms = row.get(5)?;
    let name = name.map(|name| TokenName::parse(&name)).transpose().ok();
    Ok(intact("token", name.zip(caveats_from_text(&caveats))).map(|(name, caveats)| Token {
        id,
        user,
        key,
        name,
        caveats,
        revoked_ms,
    }))
}

pub(super) fn insert_user(connection: &Connection, user: &User) -> rusqlite::Result<Added> {
    let sql = "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version) VALUES (?,?,?,?,?,?,?)";
    let inserted = connection.prepare_cached(sql)?.execute(params![
        user.id.as_bytes(),
        user.name.as_str(),
        user.full_name.as_str(),
        user.password.expose(),
        user.blocked,
        user.created_ms,
        user.version,
    ]);
    match inserted {
        Ok(_) => Ok(Added::Stored),
        Err(error) if is_unique_violation(&error) => Ok(Added::NameTaken),
        Err(error) => Err(error),
    }
}

pub(super) fn user(row: &Row<'_>) -> Read<User> {
    let name: String = row.get(1)?;
    let full_name: String = row.get(2)?;
    let id = UserId::from_bytes(row.get(0)?);
    let password = PasswordHash::new(row.get(3)?);
    let blocked = row.get(4)?;
    let created_ms = row.get(5)?;
    let version = row.get(6)?;
    let names = UserName::parse(&name).ok().zip(FullName::parse(&full_name).ok());
    Ok(intact("user", names).map(|(name, full_name)| User {
        id,
        name,
        full_name,
        password,
        blocked,
        created_ms,
        version,
    }))
}

pub(super) fn change_user(
    connection: &Connection,
    id: UserId,
    change: &UserChange,
    at_ms: u64,
) -> rusqlite::Result<usize> {
    let id = id.as_bytes();
    match change {
        UserChange::Password(hash) => connection
            .prepare_cached("UPDATE users SET password = ?, version = version + 1 WHERE id = ? AND removed_ms IS NULL")?
            .execute(params![hash.expose(), id]),
        UserChange::Block | UserChange::Unblock => connection
            .prepare_cached(
                "UPDATE users SET blocked = ?1, version = version + 1
                 WHERE id = ?2 AND blocked <> ?1 AND removed_ms IS NULL",
            )?
            .execute(params![matches!(change, UserChange::Block), id]),
        UserChange::Remove => connection
            .prepare_cached(
                "UPDATE users SET name = NULL, full_name = '', password = '', blocked = 1, version = version + 1,
                 removed_ms = ? WHERE id = ? AND removed_ms IS NULL",
            )?
            .execute(params![at_ms, id]),
    }
}

pub(super) fn sealed_key(row: &Row<'_>) -> rusqlite::Result<SealedKey> {
    Ok(SealedKey {
        id: KeyId::from_bytes(row.get(0)?),
        sealed_by: KeyId::from_bytes(row.get(1)?),
        sealed: row.get(2)?,
        created_ms: row.get(3)?,
    })
}

pub(super) fn change(row: &Row<'_>) -> Read<Change> {
    let seq = row.get(0)?;
    let kind: String = row.get(1)?;
    let id: Vec<u8> = row.get(2)?;
    let subject = match kind.as_str() {
        "token" => id.try_into().ok().map(|id| Subject::Token(TokenId::from_bytes(id))),
        "user" => id.try_into().ok().map(|id| Subject::User(UserId::from_bytes(id))),
        "keys" => Some(Subject::Keys),
        _ => None,
    };
    Ok(intact("change", subject).map(|subject| Change { seq, subject }))
}

pub(super) fn audit_row(row: &Row<'_>) -> Read<AuditRow> {
    let action: String = row.get(2)?;
    let seq = row.get(0)?;
    let at_ms = row.get(1)?;
    let actor = row.get::<_, Option<_>>(3)?.map(UserId::from_bytes);
    let user = row.get::<_, Option<_>>(4)?.map(UserId::from_bytes);
    let token = row.get::<_, Option<_>>(5)?.map(TokenId::from_bytes);
    let hash = row.get(6)?;
    Ok(intact("audit row", AuditAction::from_name(&action)).map(|action| AuditRow {
        seq,
        at_ms,
        action,
        actor,
        user,
        token,
        hash,
    }))
}
