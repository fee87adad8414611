//! Statements that both engines run as they stand: what a change of an account or a root key does to its row.
//!
//! Each is the whole rule of its change, and there is no other place for it: an engine gives the values their form, and runs it.
//! Parameters are called `$1`, `$2` and so on in the order in which they first appear, because SQLite numbers them so.

use super::effect::BEYOND_ALL_GENERATIONS;
use super::{Resealed, SealedKey, SharedEffect, UserChange};
use zonemint_base::model::{FoldedName, FullName, KeyId, PasswordHash, Privileges, UserId, UserName};

/// A statement that changes rows, and its values. These may be secret, so it cannot be printed.
pub(super) struct Statement<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
}

/// A value of a statement.
pub(super) enum Value<'a> {
    Bytes(&'a [u8]),
    Flag(Option<bool>),
    /// A user name, folded or not: as text for SQLite, as bytes for PostgreSQL.
    Name(Option<&'a str>, Option<&'a [u8]>),
    Number(i64),
    Text(Option<&'a str>),
    Owned(String),
}

impl<'a> Value<'a> {
    fn id(id: &'a UserId) -> Self {
        Self::Bytes(id.as_bytes())
    }

    fn name(name: Option<&'a str>) -> Self {
        Self::Name(name, name.map(str::as_bytes))
    }

    /// A moment in milliseconds, or a count. The databases' integers have a sign.
    fn number(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

fn statement<'a>(sql: &'static str, values: impl IntoIterator<Item = Value<'a>>) -> Statement<'a> {
    let values: Vec<_> = values.into_iter().collect();
    debug_assert!(is_in_order(sql, values.len()), "{sql}");
    Statement { sql, values }
}

/// Whether the parameters are numbered from 1 in the order in which they first appear, and are as many as the values: in any other
/// order SQLite would take one value for another one.
fn is_in_order(sql: &str, values: usize) -> bool {
    let mut seen = 0;
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit);
        digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    });
    for number in numbers {
        match number.checked_sub(seen) {
            Some(1) => seen += 1,
            Some(0) | None if number > 0 => {}
            _ => return false,
        }
    }
    seen == values
}

/// Whether a hash and a moment are those of a link that is good.
macro_rules! good_link {
    ($hash:literal, $now:literal) => {
        concat!("reset_hash = ", $hash, " AND reset_until_ms > ", $now, " AND NOT blocked AND name IS NOT NULL")
    };
}
pub(super) use good_link;

/// Whether a token is neither deleted nor revoked at a moment.
macro_rules! good_token {
    ($now:literal) => {
        concat!("deleted_ms IS NULL AND (revoked_ms IS NULL OR revoked_ms > ", $now, ")")
    };
}
pub(super) use good_token;

/// What deletes a token at a moment.
macro_rules! delete_token {
    ($now:literal) => {
        concat!("deleted_ms = ", $now, ", metadata = NULL")
    };
}
pub(super) use delete_token;

macro_rules! set_password {
    ($and:expr) => {
        concat!(
            "UPDATE users SET password = $1, must_change = coalesce($2, must_change), reset_hash = NULL, basic_auth = true,
                 version = version + 1, password_version = password_version + 1
             WHERE id = $3 AND removed_ms IS NULL",
            $and
        )
    };
}

/// Ends all reset links. A store that was put back does not know which of them were used since.
pub(super) const END_RESET_LINKS: &str = "UPDATE users SET reset_hash = NULL WHERE reset_hash IS NOT NULL";

impl UserChange {
    /// What it does to the account's row. `folded` is the name that the account gets, if names are compared without case. None for
    /// [`UserChange::GrantAndRevoke`], which is [`UserChange::Privileges`] once the present ones are known.
    pub(super) fn statement<'a>(
        &'a self,
        id: &'a UserId,
        folded: Option<&'a FoldedName>,
        at_ms: u64,
    ) -> Option<Statement<'a>> {
        Some(match self {
            Self::Password(hash) => password(id, hash, Some(false)),
            Self::GivenPassword { hash, must_change } => password(id, hash, *must_change),
            Self::PasswordByLink { link, hash } => {
                // Of two at once the second one waits for the first, and then does not find the link any more.
                let sql = set_password!(concat!(" AND ", good_link!("$4", "$5")));
                statement(sql, set_password(id, hash, Some(false)).chain([Value::Bytes(link), Value::number(at_ms)]))
            }
            Self::Rehash { from, to } => statement(
                "UPDATE users SET password = $1 WHERE id = $2 AND password = $3 AND removed_ms IS NULL",
                [Value::Text(Some(to.expose())), Value::id(id), Value::Text(Some(from.expose()))],
            ),
            Self::MustChangePassword(must) => statement(
                "UPDATE users SET must_change = $1, version = version + 1
                 WHERE id = $2 AND must_change <> $1 AND removed_ms IS NULL",
                [Value::Flag(Some(*must)), Value::id(id)],
            ),
            Self::ResetLink(link) => statement(
                "UPDATE users SET reset_hash = $1, reset_until_ms = $2
                 WHERE id = $3 AND name IS NOT NULL AND NOT blocked AND (basic_auth OR password = '')",
                [Value::Bytes(&link.hash), Value::number(link.until_ms), Value::id(id)],
            ),
            Self::BasicAuth(allowed) => statement(
                "UPDATE users SET basic_auth = $1, version = version + 1, reset_hash = CASE WHEN $1 THEN reset_hash END,
                     password_version = password_version + CASE WHEN $1 THEN 0 ELSE 1 END
                 WHERE id = $2 AND removed_ms IS NULL",
                [Value::Flag(Some(*allowed)), Value::id(id)],
            ),
            Self::Names { name, full_name } => statement(
                "UPDATE users SET name = coalesce($1, name), full_name = coalesce($2, full_name),
                     folded = CASE WHEN $1 IS NULL THEN folded ELSE $3 END, version = version + 1
                 WHERE id = $4 AND removed_ms IS NULL",
                [
                    Value::name(name.as_ref().map(UserName::as_str)),
                    Value::Text(full_name.as_ref().map(FullName::as_str)),
                    Value::name(folded.map(FoldedName::as_str)),
                    Value::id(id),
                ],
            ),
            Self::Privileges(privileges) => set_privileges(id, *privileges),
            Self::GrantAndRevoke { .. } => return None,
            Self::Generation => raise_generation(id, 1),
            Self::Block => set_blocked(id, true),
            Self::Unblock => set_blocked(id, false),
            Self::Remove => statement(
                "UPDATE users SET name = NULL, folded = NULL, full_name = '', password = '', blocked = true,
                     reset_hash = NULL, privileges = '', version = version + 1, removed_ms = $1
                 WHERE id = $2 AND removed_ms IS NULL",
                [Value::number(at_ms), Value::id(id)],
            ),
        })
    }
}

fn password<'a>(id: &'a UserId, hash: &'a PasswordHash, must_change: Option<bool>) -> Statement<'a> {
    statement(set_password!(""), set_password(id, hash, must_change))
}

fn set_password<'a>(
    id: &'a UserId,
    hash: &'a PasswordHash,
    must_change: Option<bool>,
) -> impl Iterator<Item = Value<'a>> {
    [Value::Text(Some(hash.expose())), Value::Flag(must_change), Value::id(id)].into_iter()
}

fn set_privileges(id: &UserId, privileges: Privileges) -> Statement<'_> {
    statement(
        "UPDATE users SET privileges = $1, reset_hash = NULL, version = version + 1
         WHERE id = $2 AND privileges <> $1 AND removed_ms IS NULL",
        [Value::Owned(privileges.to_string()), Value::id(id)],
    )
}

fn set_blocked(id: &UserId, blocked: bool) -> Statement<'_> {
    statement(
        "UPDATE users SET blocked = $1, reset_hash = NULL, version = version + 1
         WHERE id = $2 AND blocked <> $1 AND removed_ms IS NULL",
        [Value::Flag(Some(blocked)), Value::id(id)],
    )
}

fn raise_generation(id: &UserId, by: u64) -> Statement<'_> {
    statement(
        "UPDATE users SET generation = generation + $1, version = version + 1 WHERE id = $2 AND removed_ms IS NULL",
        [Value::number(by), Value::id(id)],
    )
}

/// Ends a generation of a user's temporary tokens, unless it is ended.
pub(super) fn end_generation(id: &UserId, generation: u64) -> Statement<'_> {
    statement(
        "UPDATE users SET generation = generation + 1, version = version + 1
         WHERE id = $1 AND generation = $2 AND removed_ms IS NULL",
        [Value::id(id), Value::number(generation)],
    )
}

/// Gives a key a number in the order of keys, unless it is retired.
pub(super) fn number_key(id: &KeyId, number: u64) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET number = $1 WHERE id = $2 AND retired_ms IS NULL",
        [Value::number(number), Value::Bytes(id.as_bytes())],
    )
}

/// Retires a key, unless it is the only one that is not retired.
pub(super) fn retire_key(id: &KeyId, at_ms: u64) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET retired_ms = $1, sealed = $2 WHERE id = $3 AND retired_ms IS NULL
         AND EXISTS (SELECT 1 FROM root_keys WHERE id <> $3 AND retired_ms IS NULL)",
        [Value::number(at_ms), Value::Bytes(&[]), Value::Bytes(id.as_bytes())],
    )
}

/// Reseals a root key, if it is still sealed as expected.
pub(super) fn reseal_key(Resealed { from, to }: &Resealed<SealedKey>) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET sealed_by = $1, sealed = $2 WHERE id = $3 AND sealed_by = $4 AND retired_ms IS NULL",
        [
            Value::Bytes(to.sealed_by.as_bytes()),
            Value::Bytes(&to.sealed),
            Value::Bytes(to.id.as_bytes()),
            Value::Bytes(from.as_bytes()),
        ],
    )
}

impl SharedEffect {
    /// The statement that does it.
    pub(super) fn statement(&self) -> Statement<'_> {
        match self {
            Self::RetireKey(id, at_ms) => statement(
                "UPDATE root_keys SET retired_ms = $1, sealed = $2 WHERE id = $3 AND retired_ms IS NULL",
                [Value::number(*at_ms), Value::Bytes(&[]), Value::Bytes(id.as_bytes())],
            ),
            Self::BlockUser(id) => set_blocked(id, true),
            Self::RaiseGeneration(id, by) => raise_generation(id, *by),
            Self::DropPassword(id) => statement(
                "UPDATE users SET password = '', reset_hash = NULL, basic_auth = false, version = version + 1,
                     password_version = password_version + 1
                 WHERE id = $1 AND (password <> '' OR basic_auth) AND removed_ms IS NULL",
                [Value::id(id)],
            ),
            Self::EndSignIn(id) => statement(
                "UPDATE users SET basic_auth = false, version = version + 1, password_version = password_version + 1
                 WHERE id = $1 AND basic_auth AND removed_ms IS NULL",
                [Value::id(id)],
            ),
            Self::DropPrivileges(id) => set_privileges(id, Privileges::NONE),
            Self::NamesFromBefore(id) => {
                statement("UPDATE users SET version = version + 1 WHERE id = $1", [Value::id(id)])
            }
            Self::RaiseEveryGeneration(at_ms) => statement(
                "UPDATE users SET version = version + 1,
                     generation = CASE WHEN generation + $1 > $2 THEN generation + $1 ELSE $2 END
                 WHERE removed_ms IS NULL",
                [Value::number(BEYOND_ALL_GENERATIONS), Value::number(*at_ms)],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_as_they_appear() {
        for (sql, values) in [("a = $1, b = $2 WHERE a <> $1", 2), ("$1 $2 $3 $4 $5 $6 $7 $8 $9 $10", 10), ("true", 0)]
        {
            assert!(is_in_order(sql, values), "{sql}");
        }
        for (sql, values) in [("$2 $1", 2), ("$1 $3", 2), ("$1 $2", 1), ("$1", 2), ("$0", 0), ("$", 0)] {
            assert!(!is_in_order(sql, values), "{sql}");
        }
    }
}
