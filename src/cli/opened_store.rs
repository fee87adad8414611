//! The store that commands work on, with its accounts and tokens, next to a running server or without one.

use std::sync::Arc;

use super::{Failure, Location, run_to_end};
use crate::app::{self, KeyPlace, StartError};
use crate::config::{Config, Environment, Overrides};
use zonemint_base::model::UserName;
use zonemint_base::random::Random;
use zonemint_http::Gate;
use zonemint_service::token::TokenService;
use zonemint_service::user::Accounts;
use zonemint_store::Store;

/// An opened store, with its settings.
pub(super) struct OpenedStore {
    pub(super) accounts: Accounts,
    pub(super) store: Arc<dyn Store>,
    pub(super) config: Config,
    environment: Environment,
}

impl OpenedStore {
    /// The groups of users that proxies get.
    pub(super) fn gate(&self) -> Gate {
        self.config.forward_auth.gate()
    }

    /// Refuses a name that programs from before names of other directories cannot read, while such programs use the store.
    ///
    /// # Errors
    /// [`StartError::Earlier`].
    pub(super) async fn prepare_for(&self, name: &UserName) -> Result<(), StartError> {
        if name.is_onezones() { Ok(()) } else { app::refuse_earlier_programs(&self.config.store).await }
    }

    /// The token service. It needs the key-encryption key.
    pub(super) async fn tokens(&self) -> Result<TokenService, StartError> {
        app::open_tokens(&self.config, &self.environment, &self.store).await
    }

    /// Puts a new key-encryption key before those in their file.
    ///
    /// # Errors
    /// [`StartError::Key`] when they are not in a file, or other nodes have them too.
    pub(super) fn put_new_key_first(&self) -> Result<(), StartError> {
        let place = KeyPlace::of(&self.config, &self.environment);
        if self.config.store.is_shared() {
            let reason = "other nodes that share the store have it too; put a new line (`zonemint key generate`) before the old one \
                          on each of them, then run `zonemint key rewrap` without --new";
            return Err(StartError::Key { from: place.name(), reason: reason.to_owned() });
        }
        place.put_new_first(&Random::system())
    }
}

/// Opens the store, does the work, and closes the store.
pub(super) fn at(
    location: &Location,
    work: impl AsyncFnOnce(&OpenedStore) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let config = location.load(&environment, Overrides::default())?;
    run_to_end(async {
        let (store, accounts) = app::open_accounts(&config).await.map_err(|error| location.explain(error))?;
        let opened = OpenedStore { accounts, store, config, environment };
        let outcome = work(&opened).await;
        opened.store.close().await;
        outcome
    })
}
