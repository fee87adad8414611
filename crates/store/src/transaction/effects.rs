//! The effects of a replay ([`crate::replay`]).

use super::{Transaction, names, users};
use crate::statements::END_RESET_LINKS;
use crate::{Effect, EngineEffect, FormerName, Mark, UserChange, sql, statements};

/// Applies effects, unless the mark says that they are applied.
pub(crate) async fn apply_all<T: Transaction>(tx: &T, effects: &[Effect], mark: &Mark) -> Result<Vec<u64>, T::Error> {
    // A transaction whose commit got no answer is run again, and some leave nothing else to know it by.
    if tx.change(&statements::names::set_mark(mark)).await? == 0 {
        return Ok(vec![0; effects.len()]);
    }
    tx.change(&sql::statement(END_RESET_LINKS, [])).await?;
    let mut answers = Vec::with_capacity(effects.len());
    for effect in effects {
        answers.push(apply(tx, effect).await?);
    }
    Ok(answers)
}

/// Applies an effect; says how many records it has changed, or found.
pub(crate) async fn apply<T: Transaction>(tx: &T, effect: &Effect) -> Result<u64, T::Error> {
    match effect {
        Effect::Shared(effect) => tx.change(&effect.statement()).await,
        Effect::Engine(effect) => match effect {
            EngineEffect::RevokeToken(id) => tx.revoke_token(id).await,
            EngineEffect::DeleteToken(id, at_ms) => tx.delete_token(id, *at_ms).await,
            EngineEffect::RevokeEveryToken(at_ms) => tx.revoke_every_token(*at_ms).await,
            EngineEffect::IsRevoked(id) => Ok(tx.is_revoked(id).await?.into()),
            EngineEffect::IsBlocked(id) => Ok(tx.exists(&statements::users::is_blocked(id)).await?.into()),
            EngineEffect::KeepName(former) => keep(tx, former).await,
            EngineEffect::KeepNameIfLost(former) => {
                let has_it = tx.exists(&statements::users::is_called(&former.owner, &former.name)).await?;
                if has_it { Ok(0) } else { keep(tx, former).await }
            }
            EngineEffect::RemoveUser(id, at_ms) => {
                // Rows of earlier versions do not tell the name, but the store does.
                if let Some(name) = names::lost_for(tx, id, None).await? {
                    tx.change(&statements::names::keep(id, *at_ms, &name)).await?;
                }
                users::update(tx, *id, &UserChange::Remove, None, *at_ms).await
            }
        },
    }
}

async fn keep<T: Transaction>(tx: &T, FormerName { owner, until_ms, name }: &FormerName) -> Result<u64, T::Error> {
    tx.change(&statements::names::keep(owner, *until_ms, name.as_str())).await?;
    Ok(1)
}
