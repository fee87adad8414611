//! The operations, one file each, by area.

pub(super) mod client_tokens;
pub(super) mod fallback;
pub(super) mod health;
pub(super) mod user;
