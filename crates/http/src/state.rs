//! What handlers work with.

use std::sync::Arc;

use zonemint_base::clock::Clock;
use zonemint_service::audit::AuditTrail;
use zonemint_service::token::TokenService;
use zonemint_service::user::Accounts;
use zonemint_store::Readiness;
use zonemint_telemetry::Exposition;

use super::{Gate, Settings, Traffic, TrustedProxies, Unscoped};

/// The services behind the routes.
pub struct Services {
    /// Signs users in.
    pub accounts: Accounts,
    /// Mints and verifies tokens.
    pub tokens: Arc<TokenService>,
    /// Reads the audit trail.
    pub audit: AuditTrail,
    /// Checks whether this node can serve.
    pub readiness: Readiness,
    /// Which routes of others' services need which groups.
    pub gate: Gate,
    /// Who may read the metrics without credentials.
    pub metrics_readers: TrustedProxies,
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

/// The services, shared by all connections.
pub type SharedServices = Arc<Services>;
