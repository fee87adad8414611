//! What goes on beside the answering of requests.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::purge::Purge;
use crate::audit::Checkpoints;
use crate::config::Config;
use crate::http::SharedServices;
use crate::store::{CannotFollow, Follower, Forget, Freshness, StoreError, Topic};

/// Follows the change feed for all services.
pub(super) async fn follow(
    config: &Config,
    services: &SharedServices,
    freshness: Freshness,
) -> Result<JoinHandle<()>, StoreError> {
    let memory = Arc::new(Memory { services: Arc::clone(services) });
    let clock = services.clock.clone();
    let follower = Follower::at_end(Arc::clone(&services.store), freshness, clock, memory).await?;
    Ok(tokio::spawn(follower.follow(config.store.follow)))
}

/// Writes down who was refused, and where the audit chains end.
pub(super) fn audit(config: &Config, services: &SharedServices, checkpoints: &Arc<Checkpoints>) -> [JoinHandle<()>; 2] {
    let (services, checkpoints) = (Arc::clone(services), Arc::clone(checkpoints));
    let (refused_logins, checkpoint) = (config.audit.refused_logins, config.audit.checkpoint);
    [
        tokio::spawn(async move { services.accounts.keep_writing_refusals(refused_logins).await }),
        tokio::spawn(async move { checkpoints.keep(checkpoint).await }),
    ]
}

/// Writes down when and how often tokens were used.
pub(super) fn uses(config: &Config, services: &SharedServices) -> [JoinHandle<()>; 2] {
    let (last, counts) = (Arc::clone(services), Arc::clone(services));
    let (write_uses, write_counts) = (config.token.write_uses, config.token.write_counts);
    [
        tokio::spawn(async move { last.tokens.keep_writing_uses(write_uses).await }),
        tokio::spawn(async move { counts.tokens.keep_writing_counts(write_counts).await }),
    ]
}

/// Measures how long refusals have to take.
pub(super) fn hashes(services: &SharedServices) -> JoinHandle<()> {
    let services = Arc::clone(services);
    tokio::spawn(async move {
        services.accounts.keep_measuring_imported_hashes().await;
    })
}

/// Takes away what has had its time.
pub(super) fn purge(config: &Config, services: &SharedServices) -> JoinHandle<()> {
    let purge = Purge::new(Arc::clone(&services.store), &config.store, services.clock.clone());
    tokio::spawn(purge.keep_on())
}

/// All that is remembered of the store.
struct Memory {
    services: SharedServices,
}

#[async_trait]
impl Forget for Memory {
    fn forget(&self, topic: Topic) {
        self.services.forget(topic);
    }

    async fn reload(&self) -> Result<(), CannotFollow> {
        self.services.accounts.reload_comparison().await?;
        self.services.tokens.reload_keys().await.map_err(|error| CannotFollow::Reload(Box::new(error)))
    }
}
