//! Accounts: how they are found and written. What changes them is in the module above.

use crate::records::{TOKEN_COUNT, USER, USER_ROW};
use crate::row::Kind;
use crate::sql::{Query, Statement, Value, good_link, query, statement};
use crate::user_names::{self, folded};
use crate::{AfterUser, TokenCount, UserKey, UserRow};
use zonemint_base::model::{FoldedName, PasswordHash, Privileges, User, UserId, UserName};

/// None where this program cannot read them.
static PRIVILEGES: Kind<Option<Privileges>> = Kind::new("user", |row| Ok(row.text(0)?.parse().ok()));

/// In the order in which [`USER`] reads them.
macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges, generation,
             password_version, ",
            folded!(),
            ", must_change FROM users WHERE removed_ms IS NULL AND ",
            $rest
        )
    };
}

/// As [`USER_ROW`] reads them, the removed ones too, of which no name is left.
pub(crate) const DUMP: &str = concat!(
    "SELECT id, name, CASE WHEN removed_ms IS NULL THEN full_name ELSE 'removed' END, password, blocked, created_ms, version,
            kind, basic_auth, privileges, generation, password_version, ",
    folded!(),
    ", must_change, removed_ms, reset_hash, reset_until_ms, tokens_added, tokens_ended
        FROM users WHERE id > $1 ORDER BY id LIMIT $2"
);

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges,
                                generation, password_version, folded, must_change, removed_ms, reset_hash, reset_until_ms,
                                tokens_added, tokens_ended)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT ",
            $conflict,
            " DO NOTHING"
        )
    };
}

impl UserKey {
    pub(crate) fn query(&self) -> Query<'_, User> {
        match self {
            Self::Id(id) => query(&USER, select!("id = $1"), [Value::id(id)]),
            Self::Name(name) => {
                let values = [Value::name(Some(name.as_str())), Value::folded(Some(&name.folded()))];
                query(&USER, select!("(name = $1 OR folded = $2)"), values)
            }
            Self::ResetLink(hash, at_ms) => {
                query(&USER, select!(good_link!("$1", "$2")), [Value::bytes(hash), Value::number(*at_ms)])
            }
        }
    }

    /// The one of the users that [`UserKey::query`] found.
    pub(crate) fn choose(&self, mut found: Vec<User>) -> Option<User> {
        if let Self::Name(name) = self { user_names::called(found, name) } else { found.pop() }
    }
}

pub(crate) fn page(after: Option<&AfterUser>, limit: usize) -> Query<'_, User> {
    let sql = select!("(coalesce(name, ''), id) > ($1, $2) ORDER BY coalesce(name, ''), id LIMIT $3");
    let name = after.and_then(|after| after.name.as_ref()).map_or("", UserName::as_str);
    let id = after.map_or(&[][..], |after| after.id.as_bytes());
    query(&USER, sql, [Value::name(Some(name)), Value::bytes(id), Value::limit(limit)])
}

pub(crate) fn dump(after: Option<&UserId>, limit: usize) -> Query<'_, UserRow> {
    query(&USER_ROW, DUMP, [Value::bytes(after.map_or(&[][..], UserId::as_bytes)), Value::limit(limit)])
}

/// Writes a new user, unless its identifier or its name is taken. `folded` is the name, if names are compared without case.
pub(crate) fn insert<'a>(row: &'a UserRow, folded: Option<&FoldedName>) -> Statement<'a> {
    write(insert!(""), row, folded)
}

/// Writes a whole user, unless it is there.
pub(super) fn load(row: &UserRow) -> Statement<'_> {
    let folded = row.user.name.as_ref().filter(|_| row.user.ignores_case).map(UserName::folded);
    write(insert!("(id)"), row, folded.as_ref())
}

fn write<'a>(sql: &'static str, row: &'a UserRow, folded: Option<&FoldedName>) -> Statement<'a> {
    let UserRow { user, removed_ms, reset, tokens } = row;
    let full_name = if removed_ms.is_some() { "" } else { user.full_name.as_str() };
    statement(
        sql,
        [
            Value::id(&user.id),
            Value::name(user.name.as_ref().map(UserName::as_str)),
            Value::Text(Some(full_name)),
            Value::Text(Some(user.password.as_ref().map_or("", PasswordHash::expose))),
            Value::Flag(Some(user.blocked)),
            Value::number(user.created_ms),
            Value::number(user.version),
            Value::Text(Some(user.kind.abbreviation())),
            Value::Flag(Some(user.basic_auth)),
            Value::Owned(user.privileges.to_string()),
            Value::number(user.generation),
            Value::number(user.password_version),
            Value::folded(folded),
            Value::Flag(Some(user.must_change)),
            Value::number_or_null(*removed_ms),
            Value::Bytes(reset.as_ref().map(|link| link.hash.as_slice())),
            Value::number_or_null(reset.map(|link| link.until_ms)),
            Value::number(tokens.added),
            Value::Number(Some(tokens.ended)),
        ],
    )
}

pub(crate) fn exists(id: &UserId) -> Statement<'_> {
    statement("SELECT 1 FROM users WHERE id = $1", [Value::id(id)])
}

pub(crate) fn is_called<'a>(id: &'a UserId, name: &'a UserName) -> Statement<'a> {
    statement("SELECT 1 FROM users WHERE id = $1 AND name = $2", [Value::id(id), Value::name(Some(name.as_str()))])
}

pub(crate) fn is_blocked(id: &UserId) -> Statement<'_> {
    statement("SELECT 1 FROM users WHERE id = $1 AND blocked AND removed_ms IS NULL", [Value::id(id)])
}

pub(crate) fn privileges(id: &UserId) -> Query<'_, Option<Privileges>> {
    query(&PRIVILEGES, "SELECT privileges FROM users WHERE id = $1 AND removed_ms IS NULL", [Value::id(id)])
}

pub(crate) fn token_count(id: &UserId) -> Query<'_, TokenCount> {
    query(&TOKEN_COUNT, "SELECT tokens_added, tokens_ended FROM users WHERE id = $1", [Value::id(id)])
}

/// Counts one more token, unless the account has `most` good ones.
pub(crate) fn add_token(id: &UserId, most: u64) -> Statement<'_> {
    statement(
        "UPDATE users SET tokens_added = tokens_added + 1 WHERE id = $1 AND tokens_added - tokens_ended < $2",
        [Value::id(id), Value::number(most)],
    )
}

/// Writes how many tokens of an account are known to have ended.
pub(crate) fn correct_token_count((id, ended): &(UserId, i64)) -> Statement<'_> {
    statement(
        "UPDATE users SET tokens_ended = $1 WHERE id = $2 AND tokens_ended <> $1",
        [Value::Number(Some(*ended)), Value::id(id)],
    )
}

/// Writes a name as it is folded.
pub(crate) fn fold<'a>(id: &'a UserId, name: &UserName) -> Statement<'a> {
    statement("UPDATE users SET folded = $1 WHERE id = $2", [Value::folded(Some(&name.folded())), Value::id(id)])
}
