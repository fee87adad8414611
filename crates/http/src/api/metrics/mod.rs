//! `/metrics`: the metrics of the server, for Prometheus and compatible programs.

pub(crate) mod show;
