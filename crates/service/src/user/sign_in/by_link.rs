//! Reset links: the holder of a link can set the password of an account, once.
//!
//! A link's secret is as hard to guess as a key, so its hash needs no work factor, and is looked up as it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Accounts, DeniedLogin, FailedLoginKey, LoginError, Source};
use crate::caller::{Caller, Unlimited};
use crate::user::accounts::AccountError;
use crate::user::hash_pool::Queue;
use crate::user::password::Password;
use crate::user::throttle::AddressCharge;
use zonemint_base::model::{User, UserName};
use zonemint_store::{Actor, Changed, ResetLink, UserChange};

/// How long a link is valid, in milliseconds: an hour.
const GOOD_FOR_MS: u64 = 3_600_000;
/// Bytes of chance in a link's secret: 256 bits.
const SECRET: usize = 32;
/// In the place of a user name, for what is counted of an address. No user name has a zero byte in it.
const NO_NAME: &str = "\0link";

/// The secret of a link, in base64url (RFC 4648 section 5): 43 characters. Wiped on drop.
pub struct ResetSecret(Zeroizing<String>);

impl ResetSecret {
    /// The text, to be shown once to the account's user.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

zonemint_base::opaque_debug!(ResetSecret);

impl Accounts {
    /// Creates a link that replaces an earlier one, and returns until when it is valid, in seconds since the Unix epoch. None for an
    /// account whose password cannot be set by a link ([`UserChange::ResetLink`]).
    ///
    /// # Errors
    /// [`AccountError`]: [`AccountError::NoPassword`] for an account whose sign-in with a password was ended.
    pub async fn make_reset_link(&self, user: &User, by: &Caller) -> Result<Option<(ResetSecret, u64)>, AccountError> {
        by.must_not_be_narrowed(Unlimited::ResetLink)?;
        by.must_not_rise(user)?;
        if !user.basic_auth && user.password.is_some() {
            return Err(AccountError::NoPassword);
        }
        let secret = Zeroizing::new(self.random.bytes::<SECRET>());
        // Whole seconds, as in the answer.
        let until_s = self.clock.now_ms().saturating_add(GOOD_FOR_MS) / 1_000;
        let link = ResetLink { hash: Sha256::digest(*secret).into(), until_ms: until_s * 1_000 };
        let changed = self.change(user.id, UserChange::ResetLink(link), by).await?;
        let text = ResetSecret(Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret)));
        Ok((changed == Changed::Done).then_some((text, until_s)))
    }

    /// Sets the password of the account that a link is for, ends the link, and returns the account's user name. An attempt is charged to
    /// its address like a sign-in, and given back if the link was valid.
    ///
    /// # Errors
    /// [`LoginError`]: [`LoginError::Refused`] for a link that is wrong, used, ended or over.
    pub async fn set_password_by_link(
        &self,
        secret: &str,
        password: Password,
        source: Source,
    ) -> Result<UserName, LoginError> {
        let charged = self.throttle.charge_address(self.throttle.claim(NO_NAME, source.address));
        let charge = charged.map_err(|error| self.deny(error.into(), source))?;
        let by = source.origin.map_or(Actor::System, Actor::Link);
        match self.redeem(secret, password, charge, by).await? {
            Some(name) => Ok(name),
            None => Err(self.deny(DeniedLogin::refused(FailedLoginKey::Link), source)),
        }
    }

    async fn redeem(
        &self,
        secret: &str,
        password: Password,
        charge: AddressCharge,
        by: Actor,
    ) -> Result<Option<UserName>, LoginError> {
        let Ok(secret) = URL_SAFE_NO_PAD.decode(secret).map(Zeroizing::new) else { return Ok(None) };
        let link: [u8; 32] = Sha256::digest(&*secret).into();
        // Without a link nothing is hashed.
        let Some(user) = self.store.user_by_reset_link(link, self.clock.now_ms()).await? else { return Ok(None) };
        let setting = async {
            let hash = self.hash(password, Queue::Other).await.map_err(|_| LoginError::Overloaded)?;
            Ok::<_, LoginError>(self.change_stored(user.id, UserChange::PasswordByLink { link, hash }, by).await?)
        };
        let changed = setting.await;
        // Nobody has guessed anything, also where the server could not do it.
        if !matches!(changed, Ok(Changed::NotFound | Changed::NameTaken)) {
            charge.give_back();
        }
        Ok(user.name.filter(|_| changed.is_ok_and(|changed| changed == Changed::Done)))
    }
}
