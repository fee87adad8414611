//! What goes on beside the answering of requests.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::http::SharedServices;
use crate::random::Random;
use crate::store::{CannotFollow, Follower, Forget, Freshness, StoreError, Topic};
use crate::token::{KeyEncryptionKey, Keyring};

/// Follows the change feed for all services. A changed keyring is opened again with the same key-encryption key.
pub(super) async fn follow(
    config: &Config,
    services: &SharedServices,
    freshness: Freshness,
    kek: KeyEncryptionKey,
    random: &Random,
) -> Result<JoinHandle<()>, StoreError> {
    let memory = Arc::new(Memory { services: Arc::clone(services), kek, random: random.clone() });
    let clock = services.clock.clone();
    let follower = Follower::at_end(Arc::clone(&services.store), freshness, clock, memory).await?;
    Ok(tokio::spawn(follower.follow(config.store.follow)))
}

/// All that is remembered of the store.
struct Memory {
    services: SharedServices,
    kek: KeyEncryptionKey,
    random: Random,
}

#[async_trait]
impl Forget for Memory {
    fn forget(&self, topic: Topic) {
        self.services.forget(topic);
    }

    async fn reload_keys(&self) -> Result<(), CannotFollow> {
        let keyring = Keyring::open(&self.services.store, &self.kek, &self.random, &self.services.clock)
            .await
            .map_err(|error| CannotFollow::Reload(Box::new(error)))?;
        self.services.tokens.replace_keyring(keyring);
        Ok(())
    }
}
