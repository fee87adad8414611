//! What everybody may know of this server.

pub(in crate::http) mod configuration;
pub(in crate::http) mod current_time;
