//! Background tasks.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio::time::Interval;

use super::purge::Purge;
use crate::config::Config;
use zonemint_base::clock::ticks;
use zonemint_http::SharedServices;
use zonemint_service::audit::Checkpoints;
use zonemint_service::geo::{self, Geo};
use zonemint_store::{CannotFollow, Follower, Forget, Freshness, Store, StoreError, Topic};
use zonemint_telemetry::{Task, task, warn_of_error};
use zonemint_tls::{self as tls, Certificates, Orders, Reload};

/// Follows the change feed for all services.
pub(super) async fn follow(
    config: &Config,
    services: &SharedServices,
    store: &Arc<dyn Store>,
    freshness: Freshness,
) -> Result<JoinHandle<()>, StoreError> {
    let memory = Arc::new(Memory { services: Arc::clone(services) });
    let clock = services.clock.clone();
    let follower = Follower::at_end(Arc::clone(store), freshness, clock, memory).await?;
    // After a panic it continues from its position, and clears all caches first if it was applying a change.
    let follower = Arc::new(Mutex::new(follower));
    let interval = config.store.follow;
    Ok(task::keep(Task::Feed, move || {
        let follower = Arc::clone(&follower);
        async move { follower.lock().await.follow(interval).await }
    }))
}

/// Writes refused logins, and the ends of the audit chains.
pub(super) fn audit(config: &Config, services: &SharedServices, checkpoints: &Arc<Checkpoints>) -> [JoinHandle<()>; 2] {
    let (refused_logins, checkpoint) = (config.audit.refused_logins, config.audit.checkpoint);
    let checkpoints = Arc::clone(checkpoints);
    [
        of_services(Task::RefusedLogins, services, move |services| async move {
            every(ticks(refused_logins.duration()), || write_refusals(&services)).await;
        }),
        task::keep(Task::Checkpoint, move || {
            let checkpoints = Arc::clone(&checkpoints);
            async move {
                let mut ticks = ticks(checkpoint.duration());
                // The first checkpoint is written after one interval.
                ticks.tick().await;
                every(ticks, || write_checkpoint(&checkpoints)).await;
            }
        }),
    ]
}

/// Writes when and how often tokens were used.
pub(super) fn uses(config: &Config, services: &SharedServices) -> [JoinHandle<()>; 2] {
    let (uses, counts) = (config.token.write_uses, config.token.write_counts);
    [
        of_services(Task::Uses, services, move |services| async move {
            every(ticks(uses.duration()), || write_uses(&services)).await;
        }),
        of_services(Task::UseCounts, services, move |services| async move {
            let mut ticks = ticks(counts.duration());
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = services.tokens.many_counts() => {}
                }
                write_counts(&services).await;
            }
        }),
    ]
}

pub(super) async fn write_refusals(services: &SharedServices) {
    warn_of_error(services.accounts.write_refusals().await, "cannot write refused sign-ins to the audit trail");
}

pub(super) async fn write_checkpoint(checkpoints: &Checkpoints) {
    warn_of_error(checkpoints.step().await, "cannot record the ends of the audit chains");
}

pub(super) async fn write_uses(services: &SharedServices) {
    warn_of_error(services.tokens.write_uses().await, "cannot write when tokens were last used");
}

pub(super) async fn write_counts(services: &SharedServices) {
    warn_of_error(services.tokens.write_counts().await, "cannot write how often tokens were used");
}

/// Confirms the system's clock.
pub(super) fn clock(services: &SharedServices) -> JoinHandle<()> {
    of_services(Task::Clock, services, |services| async move { services.clock.keep_observing().await })
}

/// Measures the duration of imported password hashes, for refusals of the same duration.
pub(super) fn hashes(services: &SharedServices) -> JoinHandle<()> {
    of_services(Task::HashTimes, services, |services| async move {
        services.accounts.keep_measuring_imported_hashes().await;
    })
}

/// Walks through the store: deletes expired tokens and old rows, and counts tokens that end soon or live too long.
pub(super) fn walks(config: &Config, services: &SharedServices, store: &Arc<dyn Store>) -> [JoinHandle<()>; 2] {
    let (store, settings, pace) = (Arc::clone(store), config.store.clone(), config.store.purge);
    let most = config.token.max_per_account;
    [
        of_services(Task::Purge, services, move |services| {
            Purge::new(Arc::clone(&store), &settings, services.clock.clone()).counting(most).keep_on()
        }),
        of_services(Task::TokenLives, services, move |services| async move {
            services.tokens.keep_counting_lives(pace).await;
        }),
    ]
}

/// Reloads changed files.
pub(super) fn files(config: &Config, certificates: Certificates, reload: Reload, geo: Geo) -> [JoinHandle<()>; 2] {
    let (watch_certificate, watch_geo) = (config.tls.watch, config.geo.watch);
    [
        task::keep(Task::Certificate, move || tls::watch(certificates.clone(), watch_certificate, reload.clone())),
        task::keep(Task::Geo, move || geo::watch(geo.clone(), watch_geo, Arc::new(Notify::new()))),
    ]
}

/// Orders certificates.
pub(super) fn orders(orders: Orders) -> JoinHandle<()> {
    let orders = Arc::new(Mutex::new(orders));
    task::keep(Task::AcmeOrder, move || {
        let orders = Arc::clone(&orders);
        async move { orders.lock().await.keep().await }
    })
}

/// Does `work` at each tick, without end.
async fn every<F: Future<Output = ()>>(mut ticks: Interval, work: impl Fn() -> F) {
    loop {
        ticks.tick().await;
        work().await;
    }
}

fn of_services<F>(
    task: Task,
    services: &SharedServices,
    run: impl Fn(SharedServices) -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let services = Arc::clone(services);
    task::keep(task, move || run(Arc::clone(&services)))
}

/// All caches of the store.
struct Memory {
    services: SharedServices,
}

#[async_trait]
impl Forget for Memory {
    fn forget(&self, topic: Topic) {
        self.services.tokens.forget(topic);
        self.services.accounts.forget(topic);
    }

    async fn reload(&self) -> Result<(), CannotFollow> {
        self.services.accounts.reload_comparison().await?;
        self.services.tokens.reload_keys().await.map_err(|error| CannotFollow::Reload(Box::new(error)))
    }
}
