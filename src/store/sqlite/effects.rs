//! The statements of a replay ([`crate::store::replay`]).

use rusqlite::{Connection, params};

use super::{names, transfer, users};
use crate::model::{Privileges, Token, UserId};
use crate::store::replay::BEYOND_ALL_GENERATIONS;
use crate::store::{Effect, FormerName, Mark, UserChange};

/// Applies effects, unless the mark says that they are applied.
pub(super) fn apply_all(connection: &Connection, effects: &[Effect], mark: &Mark) -> rusqlite::Result<Vec<u64>> {
    if !transfer::set_mark(connection, mark)? {
        return Ok(vec![0; effects.len()]);
    }
    users::end_reset_links(connection)?;
    effects.iter().map(|effect| apply(connection, effect)).collect()
}

/// Applies an effect; says how many records it has changed, or found.
pub(super) fn apply(connection: &Connection, effect: &Effect) -> rusqlite::Result<u64> {
    let execute = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<u64> {
        Ok(connection.prepare_cached(sql)?.execute(parameters)? as u64)
    };
    let change = |user: &UserId, change: &UserChange| Ok(users::update(connection, *user, change, 0)? as u64);
    match effect {
        Effect::RetireKey(id, at_ms) => {
            let sql = "UPDATE root_keys SET retired_ms = ?2, sealed = x'' WHERE id = ?1 AND retired_ms IS NULL";
            execute(sql, params![id.as_bytes(), at_ms])
        }
        Effect::RevokeToken(id) => {
            let sql = "UPDATE tokens SET revoked_ms = ?2 WHERE id = ?1 AND coalesce(revoked_ms <> ?2, 1)";
            execute(sql, params![id.as_bytes(), Token::AT_ONCE])
        }
        Effect::DeleteToken(id, at_ms) => {
            let sql = "UPDATE tokens SET deleted_ms = ?2, metadata = NULL WHERE id = ?1 AND deleted_ms IS NULL";
            execute(sql, params![id.as_bytes(), at_ms])
        }
        Effect::BlockUser(id) => change(id, &UserChange::Block),
        Effect::RaiseGeneration(id, by) => {
            let sql = "UPDATE users SET generation = generation + ?2, version = version + 1
                       WHERE id = ?1 AND removed_ms IS NULL";
            execute(sql, params![id.as_bytes(), by])
        }
        Effect::DropPassword(id) => {
            let sql = "UPDATE users SET password = '', reset_hash = NULL, basic_auth = 0, version = version + 1,
                       password_version = password_version + 1
                       WHERE id = ? AND (password <> '' OR basic_auth <> 0) AND removed_ms IS NULL";
            execute(sql, params![id.as_bytes()])
        }
        Effect::EndSignIn(id) => {
            let sql = "UPDATE users SET basic_auth = 0, version = version + 1, password_version = password_version + 1
                       WHERE id = ? AND basic_auth <> 0 AND removed_ms IS NULL";
            execute(sql, params![id.as_bytes()])
        }
        Effect::DropPrivileges(id) => change(id, &UserChange::Privileges(Privileges::NONE)),
        Effect::NamesFromBefore(id) => {
            execute("UPDATE users SET version = version + 1 WHERE id = ?", params![id.as_bytes()])
        }
        Effect::KeepName(FormerName { owner, until_ms, name }) => {
            names::keep(connection, owner.as_bytes(), name.as_str(), *until_ms)?;
            Ok(1)
        }
        Effect::KeepNameIfLost(FormerName { owner, until_ms, name }) => {
            let sql = "SELECT 1 FROM users WHERE id = ? AND name = ?";
            if connection.prepare_cached(sql)?.exists(params![owner.as_bytes(), name.as_str()])? {
                return Ok(0);
            }
            names::keep(connection, owner.as_bytes(), name.as_str(), *until_ms)?;
            Ok(1)
        }
        Effect::RemoveUser(id, at_ms) => {
            // Rows of earlier versions do not tell the name, but the store does.
            if let Some(name) = names::lost_for(connection, id.as_bytes(), None)? {
                names::keep(connection, id.as_bytes(), &name, *at_ms)?;
            }
            Ok(users::update(connection, *id, &UserChange::Remove, *at_ms)? as u64)
        }
        Effect::RevokeEveryToken(at_ms) => {
            let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > ?1, 1)
                       AND coalesce(expires_s > ?1 / 1000, 1)
                       AND user NOT IN (SELECT id FROM users WHERE blocked = 1 OR removed_ms IS NOT NULL)";
            let good = connection.prepare_cached(sql)?.query_row([at_ms], |row| row.get(0))?;
            let sql = "UPDATE tokens SET revoked_ms = ?1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> ?1, 1)";
            execute(sql, params![Token::AT_ONCE])?;
            Ok(good)
        }
        Effect::RaiseEveryGeneration(at_ms) => {
            let sql = "UPDATE users SET generation = max(generation + ?1, ?2), version = version + 1
                       WHERE removed_ms IS NULL";
            execute(sql, params![BEYOND_ALL_GENERATIONS, at_ms])
        }
        Effect::IsRevoked(id) => {
            let sql = "SELECT 1 FROM tokens WHERE id = ? AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
            Ok(connection.prepare_cached(sql)?.exists([id.as_bytes()])?.into())
        }
        Effect::IsBlocked(id) => {
            let sql = "SELECT 1 FROM users WHERE id = ? AND blocked = 1 AND removed_ms IS NULL";
            Ok(connection.prepare_cached(sql)?.exists([id.as_bytes()])?.into())
        }
    }
}
