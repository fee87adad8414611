//! The statements of a replay ([`crate::replay`]).

use rusqlite::{Connection, params};

use super::execute::execute;
use super::{names, users};
use crate::sql::delete_token;
use crate::statements::END_RESET_LINKS;
use crate::{Effect, EngineEffect, FormerName, Mark, UserChange, statements};
use zonemint_base::model::Token;

/// Applies effects, unless the mark says that they are applied.
pub(super) fn apply_all(connection: &Connection, effects: &[Effect], mark: &Mark) -> rusqlite::Result<Vec<u64>> {
    if execute(connection, &statements::names::set_mark(mark))? == 0 {
        return Ok(vec![0; effects.len()]);
    }
    connection.execute(END_RESET_LINKS, [])?;
    effects.iter().map(|effect| apply(connection, effect)).collect()
}

/// Applies an effect; says how many records it has changed, or found.
pub(super) fn apply(connection: &Connection, effect: &Effect) -> rusqlite::Result<u64> {
    match effect {
        Effect::Shared(effect) => execute(connection, &effect.statement()),
        Effect::Engine(effect) => apply_own(connection, effect),
    }
}

fn apply_own(connection: &Connection, effect: &EngineEffect) -> rusqlite::Result<u64> {
    match effect {
        EngineEffect::RevokeToken(id) => {
            let sql = "UPDATE tokens SET revoked_ms = ?2 WHERE id = ?1 AND coalesce(revoked_ms <> ?2, 1)";
            Ok(connection.prepare_cached(sql)?.execute(params![id.as_bytes(), Token::AT_ONCE])? as u64)
        }
        EngineEffect::DeleteToken(id, at_ms) => {
            let sql = concat!("UPDATE tokens SET ", delete_token!("?2"), " WHERE id = ?1 AND deleted_ms IS NULL");
            Ok(connection.prepare_cached(sql)?.execute(params![id.as_bytes(), at_ms])? as u64)
        }
        EngineEffect::KeepName(former) => keep(connection, former),
        EngineEffect::KeepNameIfLost(former) => {
            let sql = "SELECT 1 FROM users WHERE id = ? AND name = ?";
            let keys = params![former.owner.as_bytes(), former.name.as_str()];
            if connection.prepare_cached(sql)?.exists(keys)? { Ok(0) } else { keep(connection, former) }
        }
        EngineEffect::RemoveUser(id, at_ms) => {
            // Rows of earlier versions do not tell the name, but the store does.
            if let Some(name) = names::lost_for(connection, id.as_bytes(), None)? {
                execute(connection, &statements::names::keep(id, *at_ms, &name))?;
            }
            users::update(connection, *id, &UserChange::Remove, *at_ms)
        }
        EngineEffect::RevokeEveryToken(at_ms) => {
            let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > ?1, 1)
                       AND coalesce(expires_s > ?1 / 1000, 1)
                       AND user NOT IN (SELECT id FROM users WHERE blocked = 1 OR removed_ms IS NOT NULL)";
            let good = connection.prepare_cached(sql)?.query_row([at_ms], |row| row.get(0))?;
            let sql = "UPDATE tokens SET revoked_ms = ?1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> ?1, 1)";
            connection.prepare_cached(sql)?.execute([Token::AT_ONCE])?;
            Ok(good)
        }
        EngineEffect::IsRevoked(id) => {
            let sql = "SELECT 1 FROM tokens WHERE id = ? AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
            Ok(connection.prepare_cached(sql)?.exists([id.as_bytes()])?.into())
        }
        EngineEffect::IsBlocked(id) => {
            let sql = "SELECT 1 FROM users WHERE id = ? AND blocked = 1 AND removed_ms IS NULL";
            Ok(connection.prepare_cached(sql)?.exists([id.as_bytes()])?.into())
        }
    }
}

fn keep(connection: &Connection, FormerName { owner, until_ms, name }: &FormerName) -> rusqlite::Result<u64> {
    execute(connection, &statements::names::keep(owner, *until_ms, name.as_str()))?;
    Ok(1)
}
