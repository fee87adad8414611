//! Statements that both engines run as they stand: what reads and writes the tables that are alike in both, and what a change of an
//! account or a root key does to its row.
//!
//! Each is the whole rule of its change, and there is no other place for it: an engine gives the values their form, and runs it.

pub(super) mod addresses;
pub(super) mod keys;
pub(super) mod names;
pub(super) mod parents;
pub(super) mod users;
pub(super) mod uses;

use super::effect::BEYOND_ALL_GENERATIONS;
use super::sql::{Statement, Value, good_link, statement};
use super::{Rows, UserChange};
use zonemint_base::model::{FoldedName, FullName, KeyId, PasswordHash, Privileges, UserId, UserName};

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
        folded: Option<&FoldedName>,
        at_ms: u64,
    ) -> Option<Statement<'a>> {
        Some(match self {
            Self::Password(hash) => password(id, hash, Some(false)),
            Self::GivenPassword { hash, must_change } => password(id, hash, *must_change),
            Self::PasswordByLink { link, hash } => {
                // Of two at once the second one waits for the first, and then does not find the link any more.
                let sql = set_password!(concat!(" AND ", good_link!("$4", "$5")));
                statement(sql, set_password(id, hash, Some(false)).chain([Value::bytes(link), Value::number(at_ms)]))
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
                [Value::bytes(&link.hash), Value::number(link.until_ms), Value::id(id)],
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
                    Value::folded(folded),
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

pub(super) fn set_privileges(id: &UserId, privileges: Privileges) -> Statement<'_> {
    statement(
        "UPDATE users SET privileges = $1, reset_hash = NULL, version = version + 1
         WHERE id = $2 AND privileges <> $1 AND removed_ms IS NULL",
        [Value::Owned(privileges.to_string()), Value::id(id)],
    )
}

pub(super) fn set_blocked(id: &UserId, blocked: bool) -> Statement<'_> {
    statement(
        "UPDATE users SET blocked = $1, reset_hash = NULL, version = version + 1
         WHERE id = $2 AND blocked <> $1 AND removed_ms IS NULL",
        [Value::Flag(Some(blocked)), Value::id(id)],
    )
}

pub(super) fn raise_generation(id: &UserId, by: u64) -> Statement<'_> {
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

/// What goes with an account that is removed.
pub(super) fn forget_user(id: &UserId) -> [Statement<'_>; 2] {
    [uses::forget(id), addresses::forget(id)]
}

impl Rows {
    /// What writes each, unless it is there. None of tokens and audit rows, which each engine keeps in its own way.
    pub(super) fn statements(&self) -> Vec<Statement<'_>> {
        match self {
            Self::Users(rows) => rows.iter().map(users::load).collect(),
            Self::Uses(rows) => rows.iter().map(uses::load).collect(),
            Self::Parents(rows) => rows.iter().map(parents::load).collect(),
            Self::Addresses(rows) => rows.iter().map(addresses::load).collect(),
            Self::Names(rows) => {
                rows.iter().map(|row| names::keep(&row.owner, row.until_ms, row.name.as_str())).collect()
            }
            Self::Keys(rows) => rows.iter().map(keys::load).collect(),
            Self::Tokens(_) | Self::Audit(_) => Vec::new(),
        }
    }
}

/// Retires a root key, and erases it, even if it is the last one.
pub(super) fn erase_key(id: &KeyId, at_ms: u64) -> Statement<'_> {
    statement(
        "UPDATE root_keys SET retired_ms = $1, sealed = $2 WHERE id = $3 AND retired_ms IS NULL",
        [Value::number(at_ms), Value::bytes(&[]), Value::bytes(id.as_bytes())],
    )
}

/// Deletes a user's password, and ends the sign-in with it.
pub(super) fn drop_password(id: &UserId) -> Statement<'_> {
    statement(
        "UPDATE users SET password = '', reset_hash = NULL, basic_auth = false, version = version + 1,
             password_version = password_version + 1
         WHERE id = $1 AND (password <> '' OR basic_auth) AND removed_ms IS NULL",
        [Value::id(id)],
    )
}

/// Ends a user's sign-in with a password.
pub(super) fn end_sign_in(id: &UserId) -> Statement<'_> {
    statement(
        "UPDATE users SET basic_auth = false, version = version + 1, password_version = password_version + 1
         WHERE id = $1 AND basic_auth AND removed_ms IS NULL",
        [Value::id(id)],
    )
}

/// Raises the version of a user whose names are those from before.
pub(super) fn raise_version(id: &UserId) -> Statement<'_> {
    statement("UPDATE users SET version = version + 1 WHERE id = $1", [Value::id(id)])
}

/// Ends everybody's generations of temporary tokens: [`Effect::RaiseEveryGeneration`](super::Effect::RaiseEveryGeneration).
pub(super) fn raise_every_generation(at_ms: u64) -> Statement<'static> {
    statement(
        "UPDATE users SET version = version + 1,
             generation = CASE WHEN generation + $1 > $2 THEN generation + $1 ELSE $2 END
         WHERE removed_ms IS NULL",
        [Value::number(BEYOND_ALL_GENERATIONS), Value::number(at_ms)],
    )
}
