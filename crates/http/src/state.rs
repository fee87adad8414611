//! The services that handlers call.

use std::sync::Arc;

use zonemint_base::clock::Clock;
use zonemint_service::audit::AuditTrail;
use zonemint_service::token::TokenService;
use zonemint_service::user::Accounts;
use zonemint_store::Readiness;
use zonemint_telemetry::Exposition;

use super::{Gate, Settings, Traffic, TrustedProxies, Unscoped, UserAnswers};

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
    /// The groups that routes of other services need.
    pub gate: Gate,
    /// Who may read the metrics without credentials.
    pub metrics_readers: TrustedProxies,
    /// Counts connections and requests.
    pub traffic: Arc<Traffic>,
    /// Writes the metrics of parts that this crate does not know.
    pub measure_others: Box<dyn Fn(&mut Exposition) + Send + Sync>,
    /// Limits of requests.
    pub settings: Settings,
    /// The answer to a request for a token without a scope.
    pub unscoped: Unscoped,
    /// Whether the audit trail stores the networks of requests.
    pub keep_networks: bool,
    /// The answers to users who ask for themselves.
    pub user_answers: UserAnswers,
    /// The time.
    pub clock: Clock,
}

/// The services, shared by all connections.
pub type SharedServices = Arc<Services>;
