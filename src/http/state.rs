//! What handlers work with.

use std::sync::Arc;

use crate::clock::Clock;
use crate::model::UserId;
use crate::store::{Actor, Changed, Freshness, Store, StoreError, Topic, UserChange, WriteProof};
use crate::telemetry::Exposition;
use crate::token::TokenService;
use crate::user::Accounts;

use super::{Gate, Settings, Traffic, TrustedProxies, Unscoped};

/// The services behind the routes.
pub struct Services {
    /// Signs users in.
    pub accounts: Accounts,
    /// Mints and verifies tokens.
    pub tokens: TokenService,
    /// Asked whether it answers, for readiness.
    pub store: Arc<dyn Store>,
    /// Whether a mint would be stored, for readiness.
    pub write_proof: WriteProof,
    /// Whether the change feed is being followed, for readiness.
    pub freshness: Freshness,
    /// Which routes of others' services need which groups.
    pub gate: Gate,
    /// Who may read the metrics without credentials.
    pub watchers: TrustedProxies,
    /// What is counted of connections and requests.
    pub traffic: Arc<Traffic>,
    /// Tells the metrics of parts that this module does not know.
    pub measure_others: Box<dyn Fn(&mut Exposition) + Send + Sync>,
    /// Limits of requests.
    pub settings: Settings,
    /// What a request for a token without a scope is answered with.
    pub unscoped: Unscoped,
    /// Whether the networks that requests come from are kept in the audit trail.
    pub keep_networks: bool,
    /// The time.
    pub clock: Clock,
}

impl Services {
    /// Changes a user, and drops whatever is remembered of what it was, before it answers.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether the user was changed.
    pub async fn change_user(&self, id: UserId, change: UserChange, by: Actor) -> Result<Changed, StoreError> {
        Ok(self.change_user_and_tell(id, change, by).await?.0)
    }

    /// The same; says whether that has left no administrator, too.
    ///
    /// # Errors
    /// As of [`Services::change_user`].
    pub async fn change_user_and_tell(
        &self,
        id: UserId,
        change: UserChange,
        by: Actor,
    ) -> Result<(Changed, bool), StoreError> {
        let takes = match change {
            UserChange::Block
            | UserChange::Remove
            | UserChange::BasicAuth(_)
            | UserChange::Privileges(_)
            | UserChange::GrantAndRevoke { .. } => true,
            UserChange::Password(_)
            | UserChange::GivenPassword { .. }
            | UserChange::PasswordByLink { .. }
            | UserChange::MustChangePassword(_)
            | UserChange::ResetLink(_)
            | UserChange::Rehash { .. }
            | UserChange::Names { .. }
            | UserChange::Generation
            | UserChange::Unblock => false,
        };
        // For a warning alone: what cannot be read is no reason to fail.
        let may_be_last = takes && matches!(self.accounts.get(id).await, Ok(Some(user)) if user.is_administrator());
        let changed = self.accounts.change(id, change, by).await;
        self.forget(Topic::User(id));
        let changed = changed?;
        let was_last = may_be_last && changed == Changed::Done && self.accounts.warn_without_administrator().await;
        Ok((changed, was_last))
    }

    /// Drops whatever is remembered of a topic of the change feed.
    pub fn forget(&self, topic: Topic) {
        self.tokens.forget(topic);
        self.accounts.forget(topic);
    }
}

/// The services, shared by all connections.
pub type SharedServices = Arc<Services>;
