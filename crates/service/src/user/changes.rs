//! How accounts are changed, and what a caller must be allowed for it: the rule of each [`UserChange`] stands here, in one table.
//!
//! Which privilege an operation needs at all, its declaration in `http` says. What no token's caveats limit, a confined caller may not
//! give: a password, a privilege, a name to sign in with.

use super::accounts::{AccountError, Accounts, SignInChange};
use super::hash_pool::Queue;
use super::password::Password;
use super::sign_in::Confirmed;
use crate::caller::{Caller, Denied, Unlimited};
use zonemint_base::model::{User, UserId};
use zonemint_store::{Actor, Changed, StoreError, Topic, UserChange};

impl Accounts {
    /// Changes, blocks, unblocks or removes a user. It takes effect on this node before the answer, on other nodes within the interval
    /// of the change feed.
    ///
    /// # Errors
    /// [`AccountError::Denied`], when nothing was changed; or it is not known whether the user was changed.
    pub async fn change(&self, id: UserId, change: UserChange, by: &Caller) -> Result<Changed, AccountError> {
        Ok(self.change_and_report(id, change, by).await?.0)
    }

    /// As [`Accounts::change`], and returns whether no administrator is left. The operator's commands check that themselves.
    ///
    /// # Errors
    /// As of [`Accounts::change`].
    pub async fn change_and_report(
        &self,
        id: UserId,
        change: UserChange,
        by: &Caller,
    ) -> Result<(Changed, bool), AccountError> {
        self.must_be_allowed(id, &change, by).await?;
        // For a warning alone: what cannot be read is no reason to fail.
        let may_be_last = !by.is_trusted()
            && takes_rights(&change)
            && matches!(self.get(id).await, Ok(Some(user)) if user.is_administrator());
        let changed = self.change_stored(id, change, by.actor()).await?;
        let was_last = may_be_last && changed == Changed::Done && self.warn_without_administrator().await;
        Ok((changed, was_last))
    }

    /// Changes a user, and drops what is cached of the former state before it returns.
    pub(super) async fn change_stored(&self, id: UserId, change: UserChange, by: Actor) -> Result<Changed, StoreError> {
        let changed = self.store.change_user(id, change, by, self.clock.now_ms()).await;
        self.forget(Topic::User(id));
        (self.also_forget)(Topic::User(id));
        changed
    }

    /// What a caller must be allowed for a change, in addition to the privilege that its operation needs.
    async fn must_be_allowed(&self, id: UserId, change: &UserChange, by: &Caller) -> Result<(), AccountError> {
        match change {
            UserChange::Block
            | UserChange::Unblock
            | UserChange::BasicAuth(false)
            | UserChange::MustChangePassword(true) => {}
            UserChange::Remove => by.may_end_many()?,
            UserChange::Generation => {
                by.must_handle_tokens_of(id)?;
                by.may_end_many()?;
            }
            UserChange::Names { name, .. } => {
                by.must_be(id)?;
                if name.is_some() {
                    by.must_not_be_narrowed(Unlimited::UserName)?;
                }
            }
            UserChange::Privileges(privileges) => {
                by.must_not_be_narrowed(Unlimited::Privileges)?;
                by.must_have(*privileges)?;
                self.must_not_rise_to(id, by).await?;
            }
            UserChange::GrantAndRevoke { grant, revoke } => {
                if !grant.is_empty() {
                    by.must_not_be_narrowed(Unlimited::Privileges)?;
                }
                by.must_have(grant.with(*revoke))?;
            }
            UserChange::ResetLink(_) => {
                by.must_not_be_narrowed(Unlimited::ResetLink)?;
                self.must_not_rise_to(id, by).await?;
            }
            // A password may have been ended, or have to be changed, because somebody knows it.
            UserChange::BasicAuth(true)
            | UserChange::MustChangePassword(false)
            | UserChange::Password(_)
            | UserChange::GivenPassword { .. }
            | UserChange::PasswordByLink { .. }
            | UserChange::Rehash { .. } => self.may_give_password(id, by).await?,
        }
        Ok(())
    }

    async fn may_give_password(&self, id: UserId, by: &Caller) -> Result<(), AccountError> {
        by.must_not_be_narrowed(Unlimited::Password)?;
        self.must_not_rise_to(id, by).await
    }

    async fn must_not_rise_to(&self, id: UserId, by: &Caller) -> Result<(), AccountError> {
        if !by.cannot_rise_to(id)
            && let Some(user) = self.store.user(id).await?
        {
            by.must_not_rise(&user)?;
        }
        Ok(())
    }

    /// Sets a password.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed then.
    pub async fn set_password(&self, id: UserId, password: Password, by: &Caller) -> Result<Changed, AccountError> {
        self.may_give_password(id, by).await?;
        let hash = self.hash(password, Queue::Known).await?;
        self.change(id, UserChange::Password(hash), by).await
    }

    /// Sets the caller's own password. `old` proves that the caller knows the old one. An account without a password needs no proof,
    /// but a token that is not narrowed: a password is not bound by a token's limits.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed then.
    pub async fn set_own_password(
        &self,
        user: &User,
        password: Password,
        old: Option<Confirmed>,
        by: &Caller,
    ) -> Result<Changed, AccountError> {
        by.must_be(user.id)?;
        let actor = match old {
            Some(known) if known.user == user.id => by.actor_with_password(known.version),
            _ if user.password.is_some() => return Err(Denied::NeedsPassword.into()),
            _ => {
                by.must_not_be_narrowed(Unlimited::Password)?;
                by.actor_with_password(user.password_version)
            }
        };
        let hash = self.hash(password, Queue::Known).await?;
        Ok(self.change_stored(user.id, UserChange::Password(hash), actor).await?)
    }

    /// Sets the password of somebody else, and whether it must be changed; none leaves that as it is.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed then.
    pub async fn give_password(
        &self,
        id: UserId,
        password: Password,
        must_change: Option<bool>,
        by: &Caller,
    ) -> Result<Changed, AccountError> {
        self.may_give_password(id, by).await?;
        let hash = self.hash(password, Queue::Known).await?;
        self.change(id, UserChange::GivenPassword { hash, must_change }, by).await
    }

    /// Changes how somebody else signs in: all of it, or nothing if the caller may not do all.
    ///
    /// # Errors
    /// [`AccountError`]: [`AccountError::NoPassword`] when the change sets a password for an account that may not sign in with one.
    pub async fn change_sign_in(&self, user: &User, change: SignInChange, by: &Caller) -> Result<(), AccountError> {
        let SignInChange { enabled, must_change, password } = change;
        let is_switched = enabled.filter(|enabled| *enabled != user.basic_auth);
        let is_marked = must_change.filter(|must| *must != user.must_change);
        if password.is_some() || is_switched == Some(true) || is_marked == Some(false) {
            by.must_not_be_narrowed(Unlimited::Password)?;
            by.must_not_rise(user)?;
        }
        if let Some(password) = password {
            if !enabled.unwrap_or(user.basic_auth) {
                return Err(AccountError::NoPassword);
            }
            let _ = self.give_password(user.id, password, must_change, by).await?;
            return Ok(());
        }
        // In between nobody signs in who is to change the password, and who ends the own sign-in has marked nothing before.
        let (mark, switch) = (is_marked.map(UserChange::MustChangePassword), is_switched.map(UserChange::BasicAuth));
        let in_order = if is_switched == Some(false) { [switch, mark] } else { [mark, switch] };
        for change in in_order.into_iter().flatten() {
            let _ = self.change(user.id, change, by).await?;
        }
        Ok(())
    }
}

/// Whether the user may do less afterwards.
fn takes_rights(change: &UserChange) -> bool {
    match change {
        UserChange::Block
        | UserChange::Remove
        | UserChange::BasicAuth(_)
        | UserChange::Privileges(_)
        | UserChange::GrantAndRevoke { .. } => true,
        UserChange::Password(_)
        | UserChange::GivenPassword { .. }
        | UserChange::PasswordByLink { .. }
        | UserChange::MustChangePassword(_)
        | UserChange::ResetLink(_)
        | UserChange::Rehash { .. }
        | UserChange::Names { .. }
        | UserChange::Generation
        | UserChange::Unblock => false,
    }
}
