//! Accounts: signing in, and what the operator does with them.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::argon2id::{Comparison, Cost};
use super::changed_users::ChangedUsers;
use super::credential_cache::CredentialCache;
use super::foreign_hash::{self, Work};
use super::hash_pool::{Done, HashPool, Queue, Size};
use super::import::ImportedUser;
use super::in_flight::InFlight;
use super::known_addresses::KnownAddresses;
use super::login_error::DeniedLogin;
use super::metrics::Metrics;
use super::names::Names;
use super::password::Password;
use super::refusal_time::RefusalTime;
use super::refusals::Refusals;
use super::settings::{LoginSettings, PasswordSettings};
use super::throttle::Throttle;
use crate::caller::{Caller, Denied};
use zonemint_base::clock::Clock;
use zonemint_base::model::{FullName, PasswordHash, Privileges, SubjectKind, User, UserId, UserName};
use zonemint_base::random::Random;
use zonemint_store::{Actor, Added, AfterUser, Freshness, ReadThrough, Store, StoreError, Topic};
use zonemint_telemetry::{Exposition, Lookup, Tally, real};

/// Users whose records are remembered.
const REMEMBERED_USERS: usize = 50_000;
/// Accounts whose refusals are written in one transaction.
const REFUSALS: usize = 500;
/// Accounts read at a time when services or an administrator are looked for.
const AT_ONCE: usize = 500;

/// The message to the operator when there is no administrator.
pub const NO_ADMINISTRATOR: &str = "no administrator can sign in: `zonemint user grant NAME --all` makes a user an administrator, \
                                    `zonemint user password NAME` sets a password, and `zonemint user unblock NAME` ends a block";

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is a user of that name.
    #[error("there is a user of that name already")]
    NameTaken,
    /// The password could not be hashed.
    #[error("the password cannot be hashed now")]
    Hash,
    /// The account may not sign in with a password.
    #[error("the account may not sign in with a password")]
    NoPassword,
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error("the account cannot be stored")]
    Store(#[from] StoreError),
}

/// How somebody else's sign-in is changed. What is not given stays.
#[derive(Debug, Clone, Default)]
pub struct SignInChange {
    /// Whether the user may sign in with a password.
    pub enabled: Option<bool>,
    /// Whether the password is good for nothing but to set another one.
    pub must_change: Option<bool>,
    /// The password.
    pub password: Option<Password>,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What the user signs in with.
    pub name: Option<UserName>,
    /// How the user is addressed.
    pub full_name: FullName,
    /// The password.
    pub password: Option<Password>,
    /// What the user may do to others.
    pub privileges: Privileges,
}

/// Signs users in, and keeps their accounts. Share it by `Arc`.
pub struct Accounts {
    pub(super) store: Arc<dyn Store>,
    pub(super) pool: HashPool,
    pub(super) cost: Cost,
    pub(super) decoy: PasswordHash,
    /// What a hash of ours costs.
    pub(super) own_work: Work,
    /// What a comparison with an imported hash may take of the memory, in bytes.
    pub(super) hash_room: u64,
    pub(super) credentials: CredentialCache,
    pub(super) in_flight: InFlight<Result<Arc<User>, DeniedLogin>>,
    pub(super) confirmed: InFlight<Result<u64, DeniedLogin>>,
    pub(super) throttle: Throttle,
    pub(super) known_addresses: KnownAddresses,
    pub(super) refusals: Refusals,
    pub(super) refusal_time: RefusalTime,
    pub(super) changed_users: ChangedUsers,
    pub(super) names: Names,
    /// A quarter of the room for attempts that wait for their turn is kept for known addresses.
    pub(super) waiting: Semaphore,
    pub(super) waiting_known: Semaphore,
    pub(super) remembered: ReadThrough<UserId, Arc<User>>,
    pub(super) metrics: Metrics,
    freshness: Freshness,
    /// What else drops what it remembers of an account that is changed.
    pub(super) also_forget: Box<dyn Fn(Topic) + Send + Sync>,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

impl Accounts {
    /// Puts the service together and starts its hashing threads.
    ///
    /// # Errors
    /// An error of the operating system when threads cannot be started, or unusable password settings.
    pub fn new(
        store: Arc<dyn Store>,
        password: &PasswordSettings,
        login: &LoginSettings,
        freshness: Freshness,
        clock: Clock,
        random: Random,
    ) -> std::io::Result<Self> {
        let cost = Cost::new(password).map_err(std::io::Error::other)?;
        let decoy = cost.decoy(&random).map_err(std::io::Error::other)?;
        Ok(Self {
            pool: HashPool::start(password, clock.clone())?,
            own_work: foreign_hash::work(decoy.expose(), &[0]).map_err(std::io::Error::other)?,
            hash_room: u64::MAX,
            decoy,
            cost,
            credentials: CredentialCache::new(login.remember_entries, login.remember, &random, clock.clone()),
            throttle: Throttle::new(login.clone(), clock.clone()),
            in_flight: InFlight::default(),
            confirmed: InFlight::default(),
            known_addresses: KnownAddresses::default(),
            refusals: Refusals::default(),
            refusal_time: RefusalTime::default(),
            changed_users: ChangedUsers::default(),
            names: Names::new(login.user_names),
            waiting: Semaphore::new(login.waiting - login.waiting / 4),
            waiting_known: Semaphore::new(login.waiting.div_ceil(4)),
            remembered: ReadThrough::new(REMEMBERED_USERS),
            metrics: Metrics::default(),
            also_forget: Box::new(|_| ()),
            store,
            freshness,
            clock,
            random,
        })
    }

    /// The same service, with a limit in bytes on the memory of a comparison with an imported hash. A comparison that needs more is
    /// never made: it could end the process.
    #[must_use]
    pub fn with_room_for_a_hash(self, hash_room: u64) -> Self {
        Self { hash_room, ..self }
    }

    /// The same service, that has others drop what they remember of an account which it changes. A new generation of temporary tokens,
    /// which the token service begins, is remembered there alone.
    #[must_use]
    pub fn that_tells(self, also_forget: impl Fn(Topic) + Send + Sync + 'static) -> Self {
        Self { also_forget: Box::new(also_forget), ..self }
    }

    /// Drops what is remembered of a topic of the change feed.
    pub fn forget(&self, topic: Topic) {
        match topic {
            Topic::User(id) => {
                self.remembered.forget(&id);
                self.changed_users.note(id);
            }
            // Which account a name signs in depends on how names are compared.
            Topic::Names | Topic::Everything => {
                self.remembered.forget_all();
                self.credentials.forget_all();
                self.changed_users.note_all();
            }
            Topic::Token(_) | Topic::Keys => {}
        }
    }

    /// Adds what was counted. Returns each cache's name, lookups and entries, because the metrics of all caches are written together.
    #[must_use]
    pub fn measure(&self, into: &mut Exposition) -> [(&'static str, &Tally<Lookup>, f64); 2] {
        let Metrics { logins, users, credentials } = &self.metrics;
        into.tally("zonemint_logins", "Logins by name and password, by what became of them", "result", logins);
        self.pool.measure(into);
        [
            ("users", users, real(self.remembered.len() as u64)),
            ("credentials", credentials, real(self.credentials.len() as u64)),
        ]
    }

    /// Writes the refusals since the last call to the audit trail: a row for each account.
    ///
    /// # Errors
    /// [`StoreError`] when they could not be written; the next call writes them.
    pub async fn write_refusals(&self) -> Result<(), StoreError> {
        loop {
            let taken = self.refusals.take(REFUSALS);
            let entries = taken.entries();
            if entries.is_empty() {
                return Ok(());
            }
            if let Err(error) = self.store.append_audit(entries, self.clock.now_ms()).await {
                self.refusals.put_back(taken);
                return Err(error);
            }
        }
    }

    /// A user who exists and is not blocked.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn active(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        Ok(self.remembered_user(id).await?.filter(|user| !user.blocked))
    }

    /// A user or service by id, blocked or not, as it was read a short time ago.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn remembered_user(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        if !self.freshness.holds() {
            return Ok(self.store.user(id).await?.map(Arc::new));
        }
        let read = async || Ok(self.store.user(id).await?.map(Arc::new));
        self.remembered.get(&id, &self.metrics.users, read).await
    }

    /// A user by name, blocked or not.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn find(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        self.store.user_by_name(name).await
    }

    /// A user or service by id, blocked or not.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.user(id).await
    }

    /// A page of users and services in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn list(&self, after: Option<AfterUser>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.store.users(after, limit).await
    }

    /// Whether there is an administrator. Reads accounts in the order of their names, up to the first one.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let (page, next) = self.some(after).await?;
            let has_one = page.iter().any(User::is_administrator);
            if has_one || next.is_none() {
                return Ok(has_one);
            }
            after = next;
        }
    }

    /// Some accounts in the order of their names, and where the next ones are; none behind the last.
    pub(super) async fn some(&self, after: Option<AfterUser>) -> Result<(Vec<User>, Option<AfterUser>), StoreError> {
        let page = self.list(after, AT_ONCE).await?;
        let last = page.last().filter(|_| page.len() == AT_ONCE);
        let next = last.map(|last| AfterUser { name: last.name.clone(), id: last.id });
        Ok((page, next))
    }

    /// Some services, blocked or not, in the order of their identifiers, and where the next ones are; none behind the last.
    /// Services have no user name, and accounts without one come first.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn some_services(&self, after: Option<AfterUser>) -> Result<(Vec<User>, Option<AfterUser>), StoreError> {
        let (mut page, next) = self.some(after).await?;
        page.retain(|account| account.kind == SubjectKind::Provider);
        Ok((page, next.filter(|next| next.name.is_none())))
    }

    /// Services that hold for `wanted`, as in [`Accounts::some_services`].
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn services(&self, wanted: impl Fn(&User) -> bool) -> Result<Vec<User>, StoreError> {
        let (mut services, mut after) = self.some_services(None).await?;
        services.retain(&wanted);
        while after.is_some() {
            let page;
            (page, after) = self.some_services(after).await?;
            services.extend(page.into_iter().filter(&wanted));
        }
        Ok(services)
    }

    /// Creates an account. Without a password, nobody can sign in to it until one is set.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was stored then.
    pub async fn add(&self, new: NewUser, by: &Caller) -> Result<User, AccountError> {
        let NewUser { name, full_name, password, privileges } = new;
        by.must_have(privileges)?;
        let hash = match password {
            Some(password) => Some(self.hash(password, Queue::Known).await?),
            None => None,
        };
        let user = User {
            name,
            basic_auth: hash.is_some(),
            password: hash,
            privileges,
            ..User::new(UserId::new(&self.random), SubjectKind::User, full_name, self.clock.now_ms())
        };
        self.insert(user, by).await
    }

    /// Creates a service account, which has tokens and no password.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was stored then.
    pub async fn add_service(&self, full_name: FullName, by: &Caller) -> Result<User, AccountError> {
        let id = UserId::new(&self.random);
        self.insert(User::new(id, SubjectKind::Provider, full_name, self.clock.now_ms()), by).await
    }

    async fn insert(&self, user: User, by: &Caller) -> Result<User, AccountError> {
        match self.store.insert_user(user.clone(), by.actor()).await? {
            Added::Stored => Ok(user),
            Added::NameTaken | Added::IdTaken => Err(AccountError::NameTaken),
        }
    }

    /// Takes over users that were read from elsewhere, all or none: none, unless every answer is [`Added::Stored`].
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; nothing was stored then.
    pub async fn import(&self, users: Vec<ImportedUser>) -> Result<Vec<Added>, StoreError> {
        let (users, now_ms) = self.imported(users);
        self.store.import_users(users, Actor::Operator, now_ms).await
    }

    /// What [`Accounts::import`] would answer. Nothing is stored.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn check_import(&self, users: Vec<ImportedUser>) -> Result<Vec<Added>, StoreError> {
        let (mut users, now_ms) = self.imported(users);
        // A twin is never stored, so the store takes all of it back: the answers are its own, removed users included.
        users.extend(users.first().cloned());
        let mut answers = self.store.import_users(users, Actor::Operator, now_ms).await?;
        answers.pop();
        Ok(answers)
    }

    /// The accounts, and the moment of the import.
    fn imported(&self, users: Vec<ImportedUser>) -> (Vec<User>, u64) {
        let now_ms = self.clock.now_ms();
        let account = |user: ImportedUser| {
            let id = user.id.unwrap_or_else(|| UserId::new(&self.random));
            User {
                name: Some(user.name),
                basic_auth: user.password.is_some(),
                password: user.password,
                blocked: user.blocked,
                ..User::new(id, SubjectKind::User, user.full_name, user.created_ms.unwrap_or(now_ms))
            }
        };
        (users.into_iter().map(account).collect(), now_ms)
    }

    /// Whether a password is the one with which a user can sign in. For the operator: nothing limits how often it is asked.
    pub async fn is_password_of(&self, password: Password, user: &User) -> bool {
        let Some(stored) = self.comparable_password(user) else { return false };
        let compared = self.compare(password, Some(stored), true, Queue::Known).await;
        compared.is_ok_and(|done| done.value == Comparison::Match)
    }

    /// Logs a warning if there is no administrator, and returns whether it has.
    pub async fn warn_without_administrator(&self) -> bool {
        // What cannot be read now is no reason to fail: what was asked for is done.
        let is_missing = matches!(self.has_administrator().await, Ok(false));
        if is_missing {
            tracing::warn!("{NO_ADMINISTRATOR}");
        }
        is_missing
    }

    /// Hashes a new password. A caller who sets one is signed in, or has just shown the old one.
    pub(super) async fn hash(&self, password: Password, queue: Queue) -> Result<PasswordHash, AccountError> {
        let (cost, random) = (self.cost.clone(), self.random.clone());
        match self.pool.run(queue, Size::Ordinary, move |memory| cost.hash(&password, &random, memory)).await {
            Ok(Done { value: Ok(hash), .. }) => Ok(hash),
            Ok(Done { value: Err(_), .. }) | Err(_) => Err(AccountError::Hash),
        }
    }
}
