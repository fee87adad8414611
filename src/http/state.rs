//! What handlers work with.

use std::sync::Arc;

use crate::clock::Clock;
use crate::store::{Freshness, Store};
use crate::token::TokenService;
use crate::user::Accounts;

use super::Settings;

/// The services behind the routes.
pub struct Services {
    /// Signs users in.
    pub accounts: Accounts,
    /// Mints and verifies tokens.
    pub tokens: TokenService,
    /// Asked whether it answers, for readiness.
    pub store: Arc<dyn Store>,
    /// Whether the change feed is being followed, for readiness.
    pub freshness: Freshness,
    /// Limits of requests.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
}

/// The services, shared by all connections.
pub type SharedServices = Arc<Services>;
