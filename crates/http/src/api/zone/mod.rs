//! Public information about this server.

pub(crate) mod configuration;
pub(crate) mod current_time;
