//! `/metrics`: what the server counts and measures, for Prometheus and whatever reads the same.

pub(in crate::http) mod show;
