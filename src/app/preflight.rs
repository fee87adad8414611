//! What a start finds wrong before it uses the network: settings that name files and folders which cannot be used.
//!
//! `zonemint config check` asks for the same, so it says valid only of settings with which a start comes as far as to the network.
//!
//! Where the next thing goes: what a start reads or writes before it listens has a row in [`preflight`], and works on what that has read.

use std::error::Error;
use std::io;
use std::path::Path;

use super::keys::{self, KeyPlace};
use super::{first_start, node_chain};
use crate::config::{Config, Environment, Problem, Problems};
use crate::geo::Geo;
use crate::private_folder;
use crate::store::postgres;
use crate::store::sqlite::DataFolder;
use crate::telemetry::{Traces, error_chain};
use crate::tls::{self, Certificates};

/// What a start works with.
pub struct Prepared {
    /// Where addresses are looked up.
    pub geo: Geo,
    /// None when a start makes the pair, or puts one in place that was ordered.
    pub(super) certificates: Option<Certificates>,
}

/// Reads every file that the settings and the environment name and a start needs, and looks whether those can be made that it makes.
/// It changes nothing, and works beside a running server.
///
/// # Errors
/// [`Problems`]: all that a start would stumble on.
pub async fn preflight(config: &Config, environment: &Environment) -> Result<Prepared, Problems> {
    let mut problems = Vec::new();
    let store = if config.store.is_shared() { shared(config) } else { embedded(config) };
    problems.extend(store.err());
    let certificates = noted(tls::load_pair(&config.tls), "tls", &mut problems);
    let geo = noted(Geo::open(config.geo.country_file(), config.geo.asn_file()), "geo", &mut problems);
    let place = KeyPlace::of(config, environment);
    noted(keys::check(&place, config).await, place.setting(), &mut problems);
    if !config.store.is_shared() && !config.store.folder.join(DataFolder::DATABASE).exists() {
        noted(first_start::given(environment), "the first account", &mut problems);
    }
    noted(Traces::check(&config.traces), "traces", &mut problems);
    match (certificates, geo) {
        (Some(certificates), Some(geo)) if problems.is_empty() => Ok(Prepared { geo, certificates }),
        _ => Err(Problems(problems)),
    }
}

fn noted<T, E: Error + 'static>(outcome: Result<T, E>, at: &str, problems: &mut Vec<Problem>) -> Option<T> {
    outcome.map_err(|error| problems.push(Problem::new(at, error_chain(&error)))).ok()
}

fn embedded(config: &Config) -> Result<(), Problem> {
    DataFolder::check(&config.store.folder).map_err(|error| Problem::new("store.folder", error_chain(&error)))
}

/// Errors of a shared store begin with the setting that they are about.
fn shared(config: &Config) -> Result<(), Problem> {
    let chain = node_chain(&config.store.node).map_err(|error| error.to_string());
    chain.and_then(|chain| postgres::check(&config.store, &chain)).map_err(|error| {
        let (at, reason) = error.split_once(' ').unwrap_or(("store", &error));
        Problem::new(at, reason)
    })
}

/// Whether a file can be made in the folder where it would lie, which must be there.
pub(super) fn can_be_made(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(io::ErrorKind::NotFound.into()),
        Some(folder) => private_folder::check(folder),
        None => Err(io::ErrorKind::IsADirectory.into()),
    }
}
