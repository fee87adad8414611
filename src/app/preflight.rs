//! Checks before a start uses the network: files and folders of the settings that cannot be used.
//!
//! `zonemint config check` does the same checks, so settings are valid only if a start with them reaches the network.
//!
//! Where the next thing goes: what a start reads or writes before it listens has a row in [`preflight`], and uses what that has read.

use std::error::Error;

use super::keys::{self, KeyPlace};
use super::open::{refuse_unfinished, refuse_unfinished_restore};
use super::{StartError, first_start, node_chain};
use crate::config::{Config, Environment, Problem, Problems};
use zonemint_service::geo::Geo;
use zonemint_store::sqlite::{self, DataFolder};
use zonemint_store::{SealedKey, Store as _, postgres};
use zonemint_telemetry::{Traces, error_chain};
use zonemint_tls::{self as tls, Certificates};

/// What a start uses.
pub struct Prepared {
    /// Where addresses are looked up.
    pub geo: Geo,
    /// None if a start creates the pair, or puts an ordered one in place.
    pub(super) certificates: Option<Certificates>,
}

/// Reads every file that the settings and the environment name and a start needs, and checks whether missing ones can be created.
/// It changes nothing, and works while a server runs.
///
/// # Errors
/// [`Problems`]: all errors that would stop a start.
pub async fn preflight(config: &Config, environment: &Environment) -> Result<Prepared, Problems> {
    let mut problems = Vec::new();
    let kept = if config.store.is_shared() { shared(config) } else { embedded(config).await };
    let kept = kept.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let certificates = noted(tls::load_pair(&config.tls), "tls", &mut problems);
    let geo = noted(Geo::open(config.geo.country_file(), config.geo.asn_file()), "geo", &mut problems);
    let place = KeyPlace::of(config, environment);
    noted(keys::check(&place, config, kept.keys), place.setting(), &mut problems);
    noted(first_start::check(environment, kept.has_no_account), "the first account", &mut problems);
    noted(Traces::check(&config.traces), "traces", &mut problems);
    match (certificates, geo) {
        (Some(certificates), Some(geo)) if problems.is_empty() => Ok(Prepared { geo, certificates }),
        _ => Err(Problems(problems)),
    }
}

fn noted<T, E: Error + 'static>(outcome: Result<T, E>, at: &str, problems: &mut Vec<Problem>) -> Option<T> {
    outcome.map_err(|error| problems.push(Problem::new(at, error_chain(&error)))).ok()
}

/// The data of an embedded store that a start uses, as far as it can be read without writing. Empty for a shared one.
#[derive(Default)]
struct StoredFacts {
    keys: Vec<SealedKey>,
    /// Then a start creates one.
    has_no_account: bool,
}

async fn embedded(config: &Config) -> Result<StoredFacts, Problem> {
    let problem = |error: &(dyn Error + 'static)| Problem::new("store.folder", error_chain(error));
    let folder = &config.store.folder;
    DataFolder::check(folder).map_err(|error| problem(&error))?;
    refuse_unfinished_restore(folder).map_err(|error| problem(&error))?;
    let path = folder.join(DataFolder::DATABASE);
    if !path.exists() {
        return Ok(StoredFacts { has_no_account: true, ..StoredFacts::default() });
    }
    let which = path.display().to_string();
    let opened = sqlite::read(&path).map_err(|source| problem(&StartError::Store { which, source }))?;
    let Some(store) = opened else { return Ok(StoredFacts::default()) };
    let unfinished = refuse_unfinished(&config.store, &store).await;
    // Unreadable rows are no error of the settings: the code that needs them reports them.
    let keys = store.keys().await.unwrap_or_default();
    let has_no_account = store.users(None, 1).await.is_ok_and(|users| users.is_empty());
    store.close().await;
    unfinished.map_err(|error| problem(&error))?;
    Ok(StoredFacts { keys, has_no_account })
}

/// Errors of a shared store begin with the setting that they concern.
fn shared(config: &Config) -> Result<StoredFacts, Problem> {
    let chain = node_chain(&config.store.node).map_err(|error| error.to_string());
    let checked = chain.and_then(|chain| postgres::check(&config.store, &chain));
    checked.map(|()| StoredFacts::default()).map_err(|error| {
        let (at, reason) = error.split_once(' ').unwrap_or(("store", &error));
        Problem::new(at, reason)
    })
}
