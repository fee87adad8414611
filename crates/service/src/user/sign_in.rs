//! Signing in by name and password, and confirming a password: one gate before every hash.
//!
//! In this order: what was right here a moment ago is let in; an attempt equal to one that is being checked waits for its
//! result; then the attempt is charged to its address, waits for its account's turn, and only then is the password hashed. The
//! answer to an unknown name, a wrong password and a blocked account is one and the same, and takes the same time.

mod by_link;
mod either;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::accounts::Accounts;
use super::argon2id::{self, Comparison};
use super::bucket::Charge;
use super::credential_cache::CredentialMac;
use super::foreign_hash;
use super::hash_pool::{Done, Queue, Size};
use super::in_flight::{InFlight, Part};
use super::login_error::{DeniedLogin, LoginError};
use super::metrics::Proof;
use super::password::Password;
use super::password_field::PresentedPassword;
use super::refusals::FailedLoginKey;
use super::source::Source;
use super::throttle::{AddressCharge, Claim, Standing};
use super::turns::Turn;
use zonemint_base::model::{PasswordHash, User, UserId, UserName};
use zonemint_store::{Actor, StoreError, Topic, UserChange};
use zonemint_telemetry::{Lookup, error_chain};

pub use by_link::ResetSecret;

/// Proof that somebody knows a user's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    pub(super) user: UserId,
    /// Of the password ([`User::password_version`]).
    pub(super) version: u64,
}

/// What is presented to sign in.
struct Attempt<'a> {
    name: &'a str,
    /// None when no password can be so.
    password: Option<Password>,
    credential: CredentialMac,
    claim: Claim,
    source: Source,
    /// What a refusal has cost it.
    spent: Mutex<Option<Charges>>,
}

/// What an attempt is charged with: the account at the address, under its name and by whose it is, and the address.
struct Charges {
    pairs: [Charge; 2],
    address: Option<AddressCharge>,
}

impl Charges {
    fn give_back(self) {
        self.pairs.into_iter().for_each(Charge::give_back);
        self.address.into_iter().for_each(AddressCharge::give_back);
    }
}

/// An attempt whose turn it is. Dropped without a result it counts as a failure.
#[must_use]
struct Admitted {
    standing: Standing,
    charges: Charges,
    turn: Turn,
}

impl Admitted {
    fn queue(&self) -> Queue {
        match self.standing {
            Standing::Known => Queue::Known,
            Standing::Unknown => Queue::Other,
        }
    }

    fn succeeded(self) {
        self.charges.give_back();
        self.turn.succeeded();
    }

    /// The password was not checked. The account's charge at this address stays: see
    /// [`charge_pair`](super::throttle::Throttle::charge_pair).
    fn unused(self) {
        self.charges.address.into_iter().for_each(AddressCharge::give_back);
        self.turn.unused();
    }
}

impl Accounts {
    /// Signs a user in.
    ///
    /// # Errors
    /// [`LoginError`]; the answer to an unknown name, a wrong password and a blocked account is one and the same.
    pub async fn sign_in(
        &self,
        name: &str,
        password: PresentedPassword<'_>,
        source: Source,
    ) -> Result<Arc<User>, LoginError> {
        let outcome = self.find_who(&self.attempt(name, password, source)).await;
        let outcome = outcome.map_err(|denied| self.deny(denied, source));
        self.metrics.login(&outcome);
        outcome.map(|(user, _)| user)
    }

    fn attempt<'a>(&self, name: &'a str, password: PresentedPassword<'_>, source: Source) -> Attempt<'a> {
        let key = self.names.key(name);
        // As it came: a hash of another program may tell spellings of the same letters apart.
        let credential = self.credentials.mac(&key, password.text().as_bytes());
        let password = Password::presented(password);
        let claim = self.throttle.claim(&key, source.address);
        Attempt { name, password, credential, claim, source, spent: Mutex::default() }
    }

    /// Signs a user in, and returns how the password was found to be right.
    async fn find_who(&self, attempt: &Attempt<'_>) -> Result<(Arc<User>, Proof), DeniedLogin> {
        let here = self.credentials.at(attempt.credential, attempt.claim.site());
        loop {
            if let Err(too_many) = self.throttle.check(attempt.claim) {
                return Err(too_many.into());
            }
            if let Some(user) = self.remembered_here(here).await? {
                return Ok((user, Proof::Remembered));
            }
            let Some((outcome, proof)) = self.once(&self.in_flight, here, attempt, self.check(attempt, here)).await
            else {
                continue;
            };
            return outcome.map(|user| (user, proof));
        }
    }

    /// Checks an attempt, or waits for the result of an equal one. None when that one was given up.
    async fn once<T: Clone>(
        &self,
        in_flight: &InFlight<Result<T, DeniedLogin>>,
        credential: CredentialMac,
        attempt: &Attempt<'_>,
        check: impl Future<Output = Result<T, DeniedLogin>>,
    ) -> Option<(Result<T, DeniedLogin>, Proof)> {
        match in_flight.join(credential) {
            Part::Lead(lead) => {
                let outcome = Box::pin(check).await;
                lead.finish(&outcome);
                Some((outcome, Proof::Hashed))
            }
            Part::Follow(follow) => {
                let Ok(_place) = self.places(self.throttle.standing(attempt.claim)).try_acquire() else {
                    return Some((Err(LoginError::Overloaded.into()), Proof::Remembered));
                };
                Some((follow.result().await?, Proof::Remembered))
            }
        }
    }

    /// The user of a password that was right at this address a short time ago.
    async fn remembered_here(&self, here: CredentialMac) -> Result<Option<Arc<User>>, StoreError> {
        let known = self.credentials.get(&here);
        self.metrics.credentials.count(if known.is_some() { Lookup::Hit } else { Lookup::Miss });
        let Some(known) = known else { return Ok(None) };
        match self.active(known.user).await? {
            Some(user) if user.version == known.version => Ok(Some(user)),
            _ => {
                self.credentials.remove(&here);
                Ok(None)
            }
        }
    }

    /// Checks a password that nobody else is checking.
    async fn check(&self, attempt: &Attempt<'_>, here: CredentialMac) -> Result<Arc<User>, DeniedLogin> {
        self.throttle.check_address(attempt.claim)?;
        let pair = self.throttle.charge_pair(attempt.claim)?;
        let epoch = self.credentials.epoch();
        let user = self.by_name(attempt.name).await?;
        let owned = self.throttle.owned(attempt.claim, user.as_ref().map(|user| user.id));
        let pairs = [pair, self.throttle.charge_pair(owned)?];
        let sighting = self.sighting(attempt.claim, user.as_ref().map(|user| user.id)).await?;
        let key = user.as_ref().map_or(FailedLoginKey::Unknown, |user| FailedLoginKey::User(user.id));
        let admitted = self.admit(attempt, owned, pairs, sighting.standing).await?;
        let queue = admitted.queue();
        let stored = user.as_ref().and_then(|user| self.comparable_password(user));
        let is_admissible = user.as_ref().is_some_and(|user| !user.blocked) && stored.is_some();
        let Some(password) = attempt.password.clone() else {
            return Err(self.refuse(attempt, admitted, key, self.clock.uptime()).await);
        };
        match self.compare(password.clone(), stored.clone(), is_admissible, queue).await {
            Err(error) => {
                admitted.unused();
                Err(error.into())
            }
            Ok(Done { value: Comparison::Mismatch, begun }) => Err(self.refuse(attempt, admitted, key, begun).await),
            Ok(Done { value: matched @ (Comparison::Match | Comparison::MatchOfBeginning), .. }) => {
                admitted.succeeded();
                let (Some(user), Some(stored)) = (user, stored) else { return Err(DeniedLogin::refused(key)) };
                // Of a longer password than the hash reads only the beginning is known to be right. Remembered, it would outlive the
                // hash that let it in.
                if matched == Comparison::Match {
                    if !self.cost.covers(&stored) {
                        self.rehash(user.id, password, stored, queue).await?;
                    }
                    self.credentials.remember(here, &user, epoch);
                }
                self.note_address(attempt.claim, user.id, sighting).await;
                Ok(Arc::new(user))
            }
        }
    }

    /// The places of those who wait: for their turn, or for the result of another attempt.
    fn places(&self, standing: Option<Standing>) -> &Semaphore {
        if standing == Some(Standing::Known) { &self.waiting_known } else { &self.waiting }
    }

    /// Admits an attempt, and waits for its turn.
    async fn admit(
        &self,
        attempt: &Attempt<'_>,
        owned: Claim,
        pairs: [Charge; 2],
        standing: Standing,
    ) -> Result<Admitted, LoginError> {
        let address = match standing {
            Standing::Known => None,
            Standing::Unknown => Some(self.throttle.charge_address(attempt.claim)?),
        };
        let turn = match self.throttle.reserve(owned, standing, attempt.credential) {
            Ok(turn) => turn,
            Err(too_many) => {
                address.into_iter().for_each(AddressCharge::give_back);
                return Err(too_many.into());
            }
        };
        let mut admitted = Admitted { standing, charges: Charges { pairs, address }, turn };
        if admitted.turn.has_to_wait() {
            let Ok(_place) = self.places(Some(standing)).try_acquire() else {
                admitted.unused();
                return Err(LoginError::Overloaded);
            };
            admitted.turn.wait(&self.clock).await;
        }
        Ok(admitted)
    }

    /// Refuses an attempt no sooner than any other would be that a thread took up at the same moment, `begun`. (The time before,
    /// in the queue, has nothing to do with the account.)
    async fn refuse(
        &self,
        attempt: &Attempt<'_>,
        admitted: Admitted,
        key: FailedLoginKey,
        begun: Duration,
    ) -> DeniedLogin {
        let Admitted { charges, turn, .. } = admitted;
        turn.failed(self.clock.uptime_ms());
        *attempt.spent.lock().unwrap_or_else(PoisonError::into_inner) = Some(charges);
        self.clock.wait_until(begun + self.refusal_time.least()).await;
        DeniedLogin::refused(key)
    }

    /// Counts an attempt that is not let in.
    fn deny(&self, denied: DeniedLogin, source: Source) -> LoginError {
        if let Some(key) = denied.key {
            self.refusals.count(key, source);
        }
        denied.error
    }

    async fn by_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        match UserName::parse(name) {
            Ok(name) => self.store.user_by_name(&name).await,
            // As long as for a name that nobody has.
            Err(_) => self.store.user(UserId::from_bytes([0; 16])).await.map(|_| None),
        }
    }

    /// Compares in the pool. Without a stored hash, or with one that cannot be used, no password matches, and it takes as long
    /// as with one of ours. What matches where it is not admissible is a mismatch.
    pub(super) async fn compare(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
        is_admissible: bool,
        queue: Queue,
    ) -> Result<Done<Comparison>, LoginError> {
        let decoy = self.decoy.clone();
        let stored = stored.unwrap_or_else(|| decoy.clone());
        let lengths = password.lengths();
        let work = foreign_hash::work(stored.expose(), &lengths).ok();
        let imported = work.filter(|work| *work != self.own_work);
        // By one spelling: else a password of two could take longer than the dearest, which has three.
        let once = foreign_hash::work(stored.expose(), &lengths[..1]);
        let is_cheap = once.is_ok_and(|work| work.micros < self.own_work.micros);
        let size =
            if imported.is_some_and(|work| work.is_large(&self.own_work)) { Size::Large } else { Size::Ordinary };
        let clock = self.clock.clone();
        let Done { value: (value, took), begun } = self
            .pool
            .run(queue, size, move |memory| {
                let started = clock.uptime();
                let compared = if argon2id::is_argon2id(&stored) {
                    argon2id::compare(&password, &stored, memory)
                } else {
                    foreign_hash::compare(&password.spellings(), stored.expose(), memory)
                };
                let is_usable = compared.is_ok();
                let matched = compared.unwrap_or_else(|error| {
                    tracing::error!(error = %error_chain(&error), "stored password hash is unusable; the login is refused");
                    Comparison::Mismatch
                });
                if matched != Comparison::Mismatch && is_admissible {
                    return (matched, None);
                }
                if is_cheap || !is_usable {
                    let _ = argon2id::compare(&password, &decoy, memory);
                }
                (Comparison::Mismatch, Some(clock.uptime().saturating_sub(started)))
            })
            .await
            .map_err(|_| LoginError::Overloaded)?;
        if let (Some(work), Some(took)) = (imported, took)
            && self.refusal_time.is_dearest(work)
        {
            self.refusal_time.took(work, took);
        }
        Ok(Done { value, begun })
    }

    /// Replaces a hash of another kind, or of a lower cost than is set now. Under load it waits for another login.
    async fn rehash(&self, id: UserId, password: Password, from: PasswordHash, queue: Queue) -> Result<(), StoreError> {
        if let Ok(to) = self.hash(password, queue).await {
            let change = UserChange::Rehash { from, to };
            let _ = self.store.change_user(id, change, Actor::System, self.clock.now_ms()).await?;
            self.forget(Topic::User(id));
        }
        Ok(())
    }

    /// Whether a password is the user's, for somebody who is signed in.
    /// It goes through the same gate as signing in.
    ///
    /// # Errors
    /// [`LoginError`]: [`LoginError::Refused`] if it is not.
    pub async fn confirm(
        &self,
        user: &User,
        password: PresentedPassword<'_>,
        source: Source,
    ) -> Result<Confirmed, LoginError> {
        // No user name has a zero byte in it.
        let name = user.name.as_ref().map_or_else(|| format!("\0{}", user.id), ToString::to_string);
        let attempt = self.attempt(&name, password, source);
        // Not by the name: that may become another account's, whose password this is not.
        let own = self.credentials.mac(&format!("\0{}", user.id), password.text().as_bytes());
        let own = self.credentials.at(own, attempt.claim.site());
        let outcome = loop {
            let check = self.check_own(user.id, &attempt);
            if let Some((outcome, _)) = self.once(&self.confirmed, own, &attempt, check).await {
                break outcome;
            }
        };
        outcome.map(|version| Confirmed { user: user.id, version }).map_err(|denied| {
            let key = denied.key.map(|_| FailedLoginKey::User(user.id));
            self.deny(DeniedLogin { key, ..denied }, source)
        })
    }

    async fn check_own(&self, id: UserId, attempt: &Attempt<'_>) -> Result<u64, DeniedLogin> {
        let owned = self.throttle.owned(attempt.claim, Some(id));
        let pairs = [self.throttle.charge_pair(attempt.claim)?, self.throttle.charge_pair(owned)?];
        let user = self.store.user(id).await?;
        let standing = self.sighting(attempt.claim, Some(id)).await?.standing;
        let admitted = self.admit(attempt, owned, pairs, standing).await?;
        let version = user.as_ref().map_or(0, |user| user.password_version);
        let comparison = match attempt.password.clone() {
            Some(password) => {
                let stored = user.as_ref().and_then(|user| self.comparable_password(user));
                let is_there = stored.is_some();
                self.compare(password, stored, is_there, admitted.queue()).await
            }
            None => Ok(Done { value: Comparison::Mismatch, begun: self.clock.uptime() }),
        };
        match comparison {
            Err(error) => {
                admitted.unused();
                Err(error.into())
            }
            Ok(Done { value: Comparison::Mismatch, begun }) => {
                Err(self.refuse(attempt, admitted, FailedLoginKey::User(id), begun).await)
            }
            Ok(Done { value: Comparison::Match | Comparison::MatchOfBeginning, .. }) => {
                admitted.succeeded();
                Ok(version)
            }
        }
    }
}
