//! The statements of a replay ([`crate::store::replay`]).

use super::batch::Batch;
use super::fault::Fault;
use super::{addresses, names, records, transfer, users, uses};
use crate::model::{Privileges, Token, TokenId, UserId};
use crate::store::replay::BEYOND_ALL_GENERATIONS;
use crate::store::{Effect, FormerName, Mark, UserChange};

/// Applies effects, unless the mark says that they are applied.
pub(super) async fn apply_all(batch: &Batch<'_>, effects: &[Effect], mark: &Mark) -> Result<Vec<u64>, Fault> {
    // A transaction whose commit got no answer is run again, and some leave nothing else to know it by.
    if !transfer::set_mark(batch, mark).await? {
        return Ok(vec![0; effects.len()]);
    }
    users::end_reset_links(batch).await?;
    let mut answers = Vec::with_capacity(effects.len());
    for effect in effects {
        answers.push(apply(batch, effect).await?);
    }
    Ok(answers)
}

/// Applies an effect; says how many records it has changed, or found.
async fn apply(batch: &Batch<'_>, effect: &Effect) -> Result<u64, Fault> {
    match effect {
        Effect::RetireKey(id, at_ms) => {
            let sql =
                r"UPDATE root_keys SET retired_ms = $2, sealed = '\x'::bytea WHERE id = $1 AND retired_ms IS NULL";
            batch.execute(sql, &[&id.as_bytes().as_slice(), &records::big(*at_ms)]).await
        }
        Effect::RevokeToken(id) => {
            let sql = "UPDATE tokens SET revoked_ms = $3
                       WHERE shard = $1 AND id = $2 AND coalesce(revoked_ms <> $3, true)";
            on_token(batch, sql, id, Token::AT_ONCE).await
        }
        Effect::DeleteToken(id, at_ms) => {
            let sql = "UPDATE tokens SET deleted_ms = $3, metadata = NULL
                       WHERE shard = $1 AND id = $2 AND deleted_ms IS NULL";
            on_token(batch, sql, id, *at_ms).await
        }
        Effect::BlockUser(id) => users::update(batch, *id, &UserChange::Block, None, 0).await,
        Effect::RaiseGeneration(id, by) => {
            let sql = "UPDATE users SET generation = generation + $2, version = version + 1
                       WHERE id = $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&key(id), &records::big(*by)]).await
        }
        Effect::DropPassword(id) => {
            let sql = "UPDATE users SET password = '', reset_hash = NULL, basic_auth = false, version = version + 1,
                       password_version = password_version + 1
                       WHERE id = $1 AND (password <> '' OR basic_auth) AND removed_ms IS NULL";
            batch.execute(sql, &[&key(id)]).await
        }
        Effect::EndSignIn(id) => {
            let sql = "UPDATE users SET basic_auth = false, version = version + 1,
                       password_version = password_version + 1
                       WHERE id = $1 AND basic_auth AND removed_ms IS NULL";
            batch.execute(sql, &[&key(id)]).await
        }
        Effect::DropPrivileges(id) => {
            users::update(batch, *id, &UserChange::Privileges(Privileges::NONE), None, 0).await
        }
        Effect::NamesFromBefore(id) => {
            batch.execute("UPDATE users SET version = version + 1 WHERE id = $1", &[&key(id)]).await
        }
        Effect::KeepName(former) => keep(batch, former).await,
        Effect::KeepNameIfLost(former) => {
            let sql = "SELECT 1 FROM users WHERE id = $1 AND name = $2";
            let has_it = batch.query(sql, &[&key(&former.owner), &former.name.as_str().as_bytes()]).await?;
            if has_it.is_empty() { keep(batch, former).await } else { Ok(0) }
        }
        Effect::RemoveUser(id, at_ms) => remove(batch, *id, *at_ms).await,
        Effect::RevokeEveryToken(at_ms) => revoke_every_token(batch, *at_ms).await,
        Effect::RaiseEveryGeneration(at_ms) => {
            let sql = "UPDATE users SET generation = greatest(generation + $1, $2), version = version + 1
                       WHERE removed_ms IS NULL";
            batch.execute(sql, &[&records::big(BEYOND_ALL_GENERATIONS), &records::big(*at_ms)]).await
        }
        Effect::IsRevoked(id) => {
            let sql = "SELECT 1 FROM tokens
                       WHERE shard = $1 AND id = $2 AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
            Ok(batch.query(sql, &[&records::shard(id), &id.as_bytes()]).await?.len() as u64)
        }
        Effect::IsBlocked(id) => {
            let sql = "SELECT 1 FROM users WHERE id = $1 AND blocked AND removed_ms IS NULL";
            Ok(batch.query(sql, &[&key(id)]).await?.len() as u64)
        }
    }
}

fn key(id: &UserId) -> &[u8] {
    id.as_bytes()
}

async fn on_token(batch: &Batch<'_>, sql: &str, id: &TokenId, ms: u64) -> Result<u64, Fault> {
    batch.execute(sql, &[&records::shard(id), &id.as_bytes(), &records::big(ms)]).await
}

async fn keep(batch: &Batch<'_>, former: &FormerName) -> Result<u64, Fault> {
    names::keep(batch, former).await?;
    Ok(1)
}

async fn remove(batch: &Batch<'_>, id: UserId, at_ms: u64) -> Result<u64, Fault> {
    // Rows of earlier versions do not tell the name, but the store does.
    if let Some(name) = names::lost_for(batch, id, None).await? {
        names::keep(batch, &FormerName { owner: id, until_ms: at_ms, name }).await?;
    }
    uses::forget(batch, id).await?;
    addresses::forget(batch, id).await?;
    users::update(batch, id, &UserChange::Remove, None, at_ms).await
}

async fn revoke_every_token(batch: &Batch<'_>, at_ms: u64) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > $1, true)
               AND coalesce(expires_s > $1 / 1000, true)
               AND owner NOT IN (SELECT id FROM users WHERE blocked OR removed_ms IS NOT NULL)";
    let rows = batch.query(sql, &[&records::big(at_ms)]).await?;
    let good = rows.first().map_or(Ok(0), |row| records::number(row, 0))?;
    let sql = "UPDATE tokens SET revoked_ms = $1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> $1, true)";
    batch.execute(sql, &[&records::big(Token::AT_ONCE)]).await?;
    Ok(good)
}
