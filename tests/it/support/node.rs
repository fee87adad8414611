//! Nodes of this process that share a store.

use std::sync::Arc;

use async_trait::async_trait;
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment, Overrides};
use zonemint::geo::Geo;
use zonemint::random::Random;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{CannotFollow, Follower, Forget, Freshness, Store, Topic};
use zonemint::token::{KeyEncryptionKeys, Keyring, Parts, SharedKeySource, TokenService};
use zonemint::user::Accounts;

/// The services of a server, without the server: what it remembers, and what it hears of the feed.
pub struct Node {
    pub tokens: Arc<TokenService>,
    pub accounts: Arc<Accounts>,
    pub follower: Follower,
    pub freshness: Freshness,
}

struct Memory {
    tokens: Arc<TokenService>,
    accounts: Arc<Accounts>,
}

#[async_trait]
impl Forget for Memory {
    fn forget(&self, topic: Topic) {
        self.tokens.forget(topic);
        self.accounts.forget(topic);
    }

    async fn reload_keys(&self) -> Result<(), CannotFollow> {
        self.tokens.reload_keys().await.map_err(|error| CannotFollow::Reload(Box::new(error)))
    }
}

impl Node {
    /// One of several on an embedded store.
    pub async fn embedded(folder: &DataFolder, keks: &KeyEncryptionKeys, clock: &Clock) -> Self {
        let store = Arc::new(SqliteStore::open(&folder.database()).unwrap());
        Self::on(store, Arc::new(keks.clone()), clock).await
    }

    pub async fn on(store: Arc<dyn Store>, key_source: SharedKeySource, clock: &Clock) -> Self {
        let config = Config::load(None, &Environment::default(), &Overrides::default()).unwrap();
        let (clock, random) = (clock.clone(), Random::system());
        let freshness = Freshness::new(config.token.max_staleness, clock.clone());
        let (shared, fresh) = (Arc::clone(&store), freshness.clone());
        let accounts = Accounts::new(shared, &config.password, &config.login, fresh, clock.clone(), random.clone());
        let accounts = Arc::new(accounts.unwrap());
        let keyring = Keyring::open(&store, &key_source.read().await.unwrap(), &random, &clock).await.unwrap();
        let parts = Parts {
            store: Arc::clone(&store),
            keyring,
            key_source,
            geo: Geo::open(None, None).unwrap(),
            freshness: freshness.clone(),
            clock: clock.clone(),
            random,
        };
        let tokens = Arc::new(TokenService::new(config.token, parts));
        let memory = Memory { tokens: Arc::clone(&tokens), accounts: Arc::clone(&accounts) };
        let follower = Follower::at_end(store, freshness.clone(), clock, Arc::new(memory)).await.unwrap();
        Self { tokens, accounts, follower, freshness }
    }
}
