//! The keyring. What is decided about it as a whole takes the lock of all nodes.

use super::Transaction;
use crate::command::Outcome;
use crate::{SealedKey, statements};
use zonemint_base::model::KeyId;

/// Takes the lock of all nodes, so that two never give the same number, and numbers what has none: keys that nodes of the version
/// before have added. Returns the next number.
async fn next_number<T: Transaction>(tx: &T) -> Result<u64, T::Error> {
    tx.lock().await?;
    tx.change(&statements::keys::number_keys()).await?;
    Ok(tx.fetch(&statements::keys::next_number()).await?.pop().unwrap_or(1))
}

/// Says whether it is the first one.
pub(crate) async fn insert_first<T: Transaction>(tx: &T, key: &SealedKey) -> Result<bool, T::Error> {
    tx.lock().await?;
    let is_first = !tx.exists(&statements::keys::any()).await?;
    if is_first {
        add(tx, key).await?;
    }
    Ok(is_first)
}

pub(crate) async fn add<T: Transaction>(tx: &T, key: &SealedKey) -> Result<(), T::Error> {
    let number = next_number(tx).await?;
    tx.change(&statements::keys::add(key, number)).await.map(drop)
}

pub(crate) async fn put_last<T: Transaction>(tx: &T, id: KeyId) -> Result<Outcome, T::Error> {
    let number = next_number(tx).await?;
    Ok(Outcome::of_rows(tx.change(&statements::keys::number(&id, number)).await?))
}

/// Two nodes that retire the last two keys at once would leave none without the lock.
pub(crate) async fn retire<T: Transaction>(tx: &T, id: KeyId, at_ms: u64) -> Result<Outcome, T::Error> {
    tx.lock().await?;
    Ok(Outcome::of_rows(tx.change(&statements::keys::retire(&id, at_ms)).await?))
}
