//! What everybody may know of this server.

pub(crate) mod configuration;
pub(crate) mod current_time;
