//! The effects of a replay ([`crate::replay`]).

use super::{Transaction, names, users};
use crate::statements::END_RESET_LINKS;
use crate::{Effect, FormerName, Mark, UserChange, sql, statements};
use zonemint_base::model::Privileges;

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
    let statement = match effect {
        Effect::RetireKey(id, at_ms) => statements::erase_key(id, *at_ms),
        Effect::BlockUser(id) => statements::set_blocked(id, true),
        Effect::RaiseGeneration(id, by) => statements::raise_generation(id, *by),
        Effect::DropPassword(id) => statements::drop_password(id),
        Effect::EndSignIn(id) => statements::end_sign_in(id),
        Effect::DropPrivileges(id) => statements::set_privileges(id, Privileges::NONE),
        Effect::NamesFromBefore(id) => statements::raise_version(id),
        Effect::RaiseEveryGeneration(at_ms) => statements::raise_every_generation(*at_ms),
        Effect::RevokeToken(id) => return tx.revoke_token(id).await,
        Effect::DeleteToken(id, at_ms) => return tx.delete_token(id, *at_ms).await,
        Effect::RevokeEveryToken(at_ms) => return tx.revoke_every_token(*at_ms).await,
        Effect::IsRevoked(id) => return Ok(tx.is_revoked(id).await?.into()),
        Effect::IsBlocked(id) => return Ok(tx.exists(&statements::users::is_blocked(id)).await?.into()),
        Effect::KeepName(former) => return keep(tx, former).await,
        Effect::KeepNameIfLost(former) => {
            let has_it = tx.exists(&statements::users::is_called(&former.owner, &former.name)).await?;
            return if has_it { Ok(0) } else { keep(tx, former).await };
        }
        Effect::RemoveUser(id, at_ms) => {
            // Rows of earlier versions do not tell the name, but the store does.
            if let Some(name) = names::lost_for(tx, id, None).await? {
                tx.change(&statements::names::keep(id, *at_ms, &name)).await?;
            }
            return users::update(tx, *id, &UserChange::Remove, None, *at_ms).await;
        }
    };
    tx.change(&statement).await
}

async fn keep<T: Transaction>(tx: &T, FormerName { owner, until_ms, name }: &FormerName) -> Result<u64, T::Error> {
    tx.change(&statements::names::keep(owner, *until_ms, name.as_str())).await?;
    Ok(1)
}
