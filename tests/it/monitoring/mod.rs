//! The files of `config/monitoring`, held to what a server measures and to what Prometheus takes.
//!
//! [`promtool`] has Debian's promtool judge them, [`scrape`] has its Prometheus run with them, [`names`] compares the metrics
//! that they read with those that there are. Files are read by [`rules`], [`dashboard`] and [`expression`], an answer of
//! `/metrics` by [`exposition`]; [`measured`] is the server that is asked.

mod dashboard;
mod exposition;
mod expression;
mod measured;
mod names;
mod promtool;
mod rules;
mod scrape;

use std::path::PathBuf;

/// Set where a missing Prometheus is to be a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_PROMETHEUS";

/// The name that Prometheus has for the nodes.
const JOB: &str = "zonemint";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/monitoring")
}

/// A file of `config/monitoring`.
fn text(name: &str) -> String {
    let file = folder().join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
