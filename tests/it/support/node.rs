//! Nodes in this process that share a store.

use std::sync::Arc;

use async_trait::async_trait;
use zonemint::clock::Clock;
use zonemint::geo::Geo;
use zonemint::model::Period;
use zonemint::random::Random;
use zonemint::store::postgres::PostgresStore;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{CannotFollow, Chain, Follower, Forget, Freshness, Store, Topic};
use zonemint::token::{Keyring, Parts, SharedKeySource, TokenService};
use zonemint::user::Accounts;

use super::postgres::{self, Database};
use super::quick_settings;

/// The store that several nodes share: a file or a database.
pub enum Shared {
    File(tempfile::TempDir),
    Database(Database),
}

impl Shared {
    pub fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// None if PostgreSQL is not installed; the reason is printed.
    pub fn database() -> Option<Self> {
        postgres::database().map(Self::Database)
    }

    /// The store as opened by the node of this name.
    pub async fn open(&self, node: &str) -> Arc<dyn Store> {
        match self {
            Self::File(folder) => {
                let data = DataFolder::create(folder.path()).unwrap();
                Arc::new(SqliteStore::open(&data.database(), Clock::system()).unwrap())
            }
            Self::Database(database) => {
                let settings = database.settings();
                Arc::new(PostgresStore::open(&settings, Chain::parse(node).unwrap(), Clock::system()).await.unwrap())
            }
        }
    }
}

/// The services of a server without the server: its caches and its reader of the change feed.
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

    async fn reload(&self) -> Result<(), CannotFollow> {
        self.accounts.reload_comparison().await?;
        self.tokens.reload_keys().await.map_err(|error| CannotFollow::Reload(Box::new(error)))
    }
}

impl Node {
    pub async fn on(store: Arc<dyn Store>, key_source: SharedKeySource, clock: &Clock) -> Self {
        let mut config = quick_settings();
        // The clock does not move, so a wait for a permit would never end.
        config.login.delays = vec![Period::from_ms(0)];
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
        let keys = Arc::clone(&tokens);
        accounts.keep_known_addresses(Box::new(move || keys.address_keys()));
        let memory = Memory { tokens: Arc::clone(&tokens), accounts: Arc::clone(&accounts) };
        let follower = Follower::at_end(store, freshness.clone(), clock, Arc::new(memory)).await.unwrap();
        Self { tokens, accounts, follower, freshness }
    }
}
