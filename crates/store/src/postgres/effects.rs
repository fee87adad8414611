//! The statements of a replay ([`crate::replay`]).

use super::batch::Batch;
use super::fault::Fault;
use super::{names, records, users};
use crate::row::Columns as _;
use crate::sql::delete_token;
use crate::statements::END_RESET_LINKS;
use crate::{Effect, EngineEffect, FormerName, Mark, UserChange, statements};
use zonemint_base::model::{Token, TokenId};

/// Applies effects, unless the mark says that they are applied.
pub(super) async fn apply_all(batch: &Batch<'_>, effects: &[Effect], mark: &Mark) -> Result<Vec<u64>, Fault> {
    // A transaction whose commit got no answer is run again, and some leave nothing else to know it by.
    if batch.change(&statements::names::set_mark(mark)).await? == 0 {
        return Ok(vec![0; effects.len()]);
    }
    batch.execute(END_RESET_LINKS, &[]).await?;
    let mut answers = Vec::with_capacity(effects.len());
    for effect in effects {
        answers.push(apply(batch, effect).await?);
    }
    Ok(answers)
}

/// Applies an effect; says how many records it has changed, or found.
async fn apply(batch: &Batch<'_>, effect: &Effect) -> Result<u64, Fault> {
    match effect {
        Effect::Shared(effect) => batch.change(&effect.statement()).await,
        Effect::Engine(effect) => apply_own(batch, effect).await,
    }
}

async fn apply_own(batch: &Batch<'_>, effect: &EngineEffect) -> Result<u64, Fault> {
    match effect {
        EngineEffect::RevokeToken(id) => {
            let sql = "UPDATE tokens SET revoked_ms = $3
                       WHERE shard = $1 AND id = $2 AND coalesce(revoked_ms <> $3, true)";
            on_token(batch, sql, id, Token::AT_ONCE).await
        }
        EngineEffect::DeleteToken(id, at_ms) => {
            let sql = concat!(
                "UPDATE tokens SET ",
                delete_token!("$3"),
                " WHERE shard = $1 AND id = $2 AND deleted_ms IS NULL"
            );
            on_token(batch, sql, id, *at_ms).await
        }
        EngineEffect::KeepName(former) => keep(batch, former).await,
        EngineEffect::KeepNameIfLost(former) => {
            let sql = "SELECT 1 FROM users WHERE id = $1 AND name = $2";
            let has_it = batch.query(sql, &[&former.owner.as_bytes(), &former.name.as_str().as_bytes()]).await?;
            if has_it.is_empty() { keep(batch, former).await } else { Ok(0) }
        }
        EngineEffect::RemoveUser(id, at_ms) => {
            // Rows of earlier versions do not tell the name, but the store does.
            if let Some(name) = names::lost_for(batch, *id, None).await? {
                batch.change(&statements::names::keep(id, *at_ms, name.as_str())).await?;
            }
            users::update(batch, *id, &UserChange::Remove, None, *at_ms).await
        }
        EngineEffect::RevokeEveryToken(at_ms) => revoke_every_token(batch, *at_ms).await,
        EngineEffect::IsRevoked(id) => {
            let sql = "SELECT 1 FROM tokens
                       WHERE shard = $1 AND id = $2 AND revoked_ms IS NOT NULL AND deleted_ms IS NULL";
            Ok(batch.query(sql, &[&records::shard(id), &id.as_bytes()]).await?.len() as u64)
        }
        EngineEffect::IsBlocked(id) => {
            let sql = "SELECT 1 FROM users WHERE id = $1 AND blocked AND removed_ms IS NULL";
            Ok(batch.query(sql, &[&id.as_bytes()]).await?.len() as u64)
        }
    }
}

async fn on_token(batch: &Batch<'_>, sql: &str, id: &TokenId, ms: u64) -> Result<u64, Fault> {
    batch.execute(sql, &[&records::shard(id), &id.as_bytes(), &records::big(ms)]).await
}

async fn keep(batch: &Batch<'_>, FormerName { owner, until_ms, name }: &FormerName) -> Result<u64, Fault> {
    batch.change(&statements::names::keep(owner, *until_ms, name.as_str())).await?;
    Ok(1)
}

async fn revoke_every_token(batch: &Batch<'_>, at_ms: u64) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM tokens WHERE deleted_ms IS NULL AND coalesce(revoked_ms > $1, true)
               AND coalesce(expires_s > $1 / 1000, true)
               AND owner NOT IN (SELECT id FROM users WHERE blocked OR removed_ms IS NOT NULL)";
    let rows = batch.query(sql, &[&records::big(at_ms)]).await?;
    let good = rows.first().map_or(Ok(0), |row| row.number(0))?;
    let sql = "UPDATE tokens SET revoked_ms = $1 WHERE deleted_ms IS NULL AND coalesce(revoked_ms <> $1, true)";
    batch.execute(sql, &[&records::big(Token::AT_ONCE)]).await?;
    Ok(good)
}
