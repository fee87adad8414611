//! The operations, one file each, by area.

mod account;
pub(super) mod account_tokens;
pub(super) mod audit;
pub(super) mod auth;
pub(super) mod client_tokens;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod memberships;
pub(super) mod metrics;
pub(super) mod oauth;
pub(super) mod openapi;
mod prelude;
pub(super) mod providers;
pub(super) mod tokens;
pub(super) mod user;
pub(super) mod users;
pub(super) mod zone;
