//! `/metrics`: what the server counts and measures, for Prometheus and whatever reads the same.

pub(crate) mod show;
