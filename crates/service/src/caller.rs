//! The caller of a service, and the rights it acts with.
//!
//! Services take a [`Caller`] and ask it; it alone decides what a confined caller may do. It records everything that was asked
//! for, so that the commit of a write checks it again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zonemint_base::model::{Privilege, Privileges, User, UserId};
use zonemint_caveat::{self as caveat, Caveat, Operation};
use zonemint_store::{self as store, Actor};

/// The rights a request acts with: the whole account, or the account limited by a token's caveats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The user gave the password.
    Full,
    /// The caller showed a token with these caveats.
    Confined(Arc<[Caveat]>),
}

impl Authority {
    /// Whether a token with `caveats` may be shown to the caller, or made for it.
    #[must_use]
    pub fn covers(&self, caveats: &[Caveat]) -> bool {
        match self {
            Self::Full => true,
            Self::Confined(own) => caveat::within(caveats, own),
        }
    }

    /// The same, for reading what tokens say without their texts: until when the caller may read says nothing about which.
    #[must_use]
    pub fn to_read(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Confined(own) => {
                let timeless = own.iter().filter(|caveat| !matches!(caveat, Caveat::Time(_)));
                Self::Confined(timeless.cloned().collect())
            }
        }
    }

    /// The caveats of the token that the caller showed; none with a password.
    #[must_use]
    pub fn caveats(&self) -> &[Caveat] {
        match self {
            Self::Full => &[],
            Self::Confined(own) => own,
        }
    }
}

/// What a caller has of another account after an operation on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gains {
    /// Nothing to act for it with.
    Nothing,
    /// A token's text, or a password: whatever the account may do. So the caller must have all privileges that the account has.
    Rights,
}

/// What no token's caveats limit, so that a confined caller may not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlimited {
    /// A password.
    Password,
    /// A link by which a password is set.
    ResetLink,
    /// Privileges of a user.
    Privileges,
    /// The name that a user signs in with.
    UserName,
}

/// Why a caller may not do what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It lacks the privilege to do it to another account.
    #[error("the caller lacks the privilege")]
    NoPrivilege,
    /// It gives or takes privileges that it lacks.
    #[error("the caller lacks a privilege that it gives or takes")]
    LacksGiven,
    /// The token belongs to another account.
    #[error("the token is another account's")]
    OtherOwner,
    /// Its own token allows less than the one that it asks for.
    #[error("the caller's own token is narrower than the one that it asks for")]
    Narrower,
    /// Its own token allows less than some that it would end.
    #[error("the caller's own token is narrower than some that this may end")]
    SomeWider,
    /// The account has a privilege that the caller lacks, and would get by this.
    #[error("the account has a privilege that the caller lacks")]
    Outranked,
    /// Its token is confined, and what it asks for is not.
    #[error("the caller's own token is confined, and what it asks for is not")]
    Confined(Unlimited),
    /// A revoked token is restored only with the password.
    #[error("a token is restored only with the password")]
    NeedsPassword,
}

/// The caller of a service.
#[derive(Debug)]
pub struct Caller {
    who: Who,
    authority: Authority,
    /// What was asked for so far: a write needs it until it is committed.
    used: Mutex<Used>,
}

#[derive(Debug)]
enum Who {
    /// With what was shown, which must still be good when a write is committed.
    Account(Arc<User>, store::Caller),
    /// May do everything.
    Trusted(Actor),
}

/// What a caller's request needs in addition to what was shown.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    privileges: Privileges,
    /// An account whose rights the caller gets: it must have no privilege that the caller lacks.
    over: Option<UserId>,
}

impl Caller {
    /// A user or a service, that showed a password or a token.
    #[must_use]
    pub fn account(user: Arc<User>, authority: Authority, shown: store::Caller) -> Self {
        Self { who: Who::Account(user, shown), authority, used: Mutex::default() }
    }

    /// The person who runs the command line on the server's machine.
    #[must_use]
    pub fn operator() -> Self {
        Self::trusted(Actor::Operator)
    }

    /// The server itself, as when it creates the first account.
    #[must_use]
    pub fn server() -> Self {
        Self::trusted(Actor::System)
    }

    fn trusted(actor: Actor) -> Self {
        Self { who: Who::Trusted(actor), authority: Authority::Full, used: Mutex::default() }
    }

    /// Whether it is the operator or the server itself.
    pub(crate) fn is_trusted(&self) -> bool {
        matches!(self.who, Who::Trusted(_))
    }

    /// With all of the account's rights, or those of a token.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether the caller is this account, or may do everything.
    fn is_or_may_be(&self, account: UserId) -> bool {
        match &self.who {
            Who::Account(user, _) => user.id == account,
            Who::Trusted(_) => true,
        }
    }

    /// Whether the caller may do to others what a privilege allows. If so, a write of the request needs it until it is committed.
    pub fn has(&self, privilege: Privilege) -> bool {
        let Who::Account(account, _) = &self.who else { return true };
        let has = account.privileges.contain(privilege);
        if has {
            let mut used = self.used();
            used.privileges = used.privileges.with(Privileges::from_iter([privilege]));
        }
        has
    }

    /// Whether the caller's token allows an operation: all of its `api` caveats must.
    ///
    /// # Errors
    /// The caveat that forbids it.
    pub fn allows(&self, operation: &Operation<'_>) -> Result<(), &Caveat> {
        let forbids = |caveat: &&Caveat| matches!(caveat, Caveat::Api(api) if !api.allows(operation));
        self.authority.caveats().iter().find(forbids).map_or(Ok(()), Err)
    }

    /// Whether the caller's token has an `api` caveat.
    #[must_use]
    pub fn has_api_caveats(&self) -> bool {
        self.authority.caveats().iter().any(|caveat| matches!(caveat, Caveat::Api(_)))
    }

    /// Whether the caller showed a token that says more than until when it may be used. It may do nothing that gives rights
    /// which its limits do not bind, as setting a password does, nor reach for tokens that it may not see.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.authority.caveats().iter().any(|caveat| !matches!(caveat, Caveat::Time(_)))
    }

    /// Refuses a caller who does not handle the account's tokens: an account handles its own, and who manages tokens anybody's.
    ///
    /// # Errors
    /// [`Denied::NoPrivilege`].
    pub fn must_handle_tokens_of(&self, owner: UserId) -> Result<(), Denied> {
        let may = self.is_or_may_be(owner) || self.has(Privilege::TokensManage);
        if may { Ok(()) } else { Err(Denied::NoPrivilege) }
    }

    /// Refuses a caller who gives or takes privileges that it lacks. All are checked, so that the write needs each of them until it is
    /// committed.
    ///
    /// # Errors
    /// [`Denied::LacksGiven`].
    pub(crate) fn must_have(&self, privileges: Privileges) -> Result<(), Denied> {
        let lacking = privileges.iter().filter(|privilege: &Privilege| !self.has(*privilege)).count();
        if lacking == 0 { Ok(()) } else { Err(Denied::LacksGiven) }
    }

    /// Refuses a caller who asks for another account.
    ///
    /// # Errors
    /// [`Denied::NoPrivilege`].
    pub(crate) fn must_be(&self, account: UserId) -> Result<(), Denied> {
        if self.is_or_may_be(account) { Ok(()) } else { Err(Denied::NoPrivilege) }
    }

    /// Refuses a caller who would get the rights of an account that has a privilege which the caller lacks.
    ///
    /// # Errors
    /// [`Denied::Outranked`].
    pub fn must_not_rise(&self, account: &User) -> Result<(), Denied> {
        let Who::Account(user, _) = &self.who else { return Ok(()) };
        if account.id == user.id {
            return Ok(());
        }
        if !account.privileges.without(user.privileges).is_empty() {
            return Err(Denied::Outranked);
        }
        self.used().over = Some(account.id);
        Ok(())
    }

    /// Whether [`Caller::must_not_rise`] need not look at an account: it did so for this request, or there is nothing to rise to.
    pub(crate) fn cannot_rise_to(&self, account: UserId) -> bool {
        self.is_or_may_be(account) || self.used().over == Some(account)
    }

    /// Refuses a caller who does not give a password with the request, whatever its token allows.
    ///
    /// # Errors
    /// [`Denied::NeedsPassword`].
    pub(crate) fn must_give_password(&self) -> Result<(), Denied> {
        match self.authority {
            Authority::Full => Ok(()),
            Authority::Confined(_) => Err(Denied::NeedsPassword),
        }
    }

    /// Refuses a caller whose token says more than until when it may be used what no token limits.
    ///
    /// # Errors
    /// [`Denied::Confined`].
    pub fn must_not_be_narrowed(&self, unlimited: Unlimited) -> Result<(), Denied> {
        if self.is_narrowed() { Err(Denied::Confined(unlimited)) } else { Ok(()) }
    }

    /// Whether the caller may end tokens without a check of each. Its own token may be narrowed in time, which ends nothing
    /// sooner, and to calls like this one; by anything else, some of them may be wider than it.
    ///
    /// # Errors
    /// [`Denied::SomeWider`].
    pub fn may_end_many(&self) -> Result<(), Denied> {
        let is_harmless = |caveat: &Caveat| matches!(caveat, Caveat::Time(_) | Caveat::Api(_));
        if self.authority.caveats().iter().all(is_harmless) { Ok(()) } else { Err(Denied::SomeWider) }
    }

    /// The caller, as a write asks for it: with what was shown, and all that was asked for so far.
    pub(crate) fn actor(&self) -> Actor {
        match self.who {
            Who::Account(_, shown) => Actor::Caller(self.with_used(shown)),
            Who::Trusted(actor) => actor,
        }
    }

    /// As [`Caller::actor`], for a caller who has also given the password of this version, to set another one.
    pub(crate) fn actor_with_password(&self, version: u64) -> Actor {
        match self.who {
            Who::Account(_, shown) => Actor::Caller(self.with_used(shown.setting_password(version))),
            Who::Trusted(actor) => actor,
        }
    }

    fn with_used(&self, caller: store::Caller) -> store::Caller {
        let Used { privileges, over } = *self.used();
        over.map_or(caller, |account| caller.over(account)).using(privileges)
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::{FullName, Parent, SubjectKind};

    #[test]
    fn a_write_needs_what_was_asked_for_until_it_is_committed() {
        let account = |number: u8, privileges: &[Privilege]| {
            let id = UserId::from_bytes([number; 16]);
            let user = User::new(id, SubjectKind::User, FullName::parse("Somebody").unwrap(), 1);
            User { privileges: privileges.iter().copied().collect(), ..user }
        };
        let user = Arc::new(account(1, &[Privilege::UsersUpdate, Privilege::KeysManage]));
        let shown = store::Caller::by_password(user.id, 1);
        let caller = Caller::account(Arc::clone(&user), Authority::Full, shown);
        assert_eq!(caller.actor(), Actor::Caller(shown));

        assert!(!caller.has(Privilege::TokensManage));
        assert!(caller.has(Privilege::UsersUpdate));
        let managing = shown.using(Privileges::from_iter([Privilege::UsersUpdate]));
        assert_eq!(caller.actor(), Actor::Caller(managing));

        let other = account(2, &[Privilege::KeysManage]);
        assert!(caller.must_not_rise(&account(3, &[Privilege::TokensManage])).is_err());
        assert_eq!(caller.actor(), Actor::Caller(managing));
        assert!(!caller.cannot_rise_to(other.id));
        assert!(caller.must_not_rise(&other).is_ok());
        assert!(caller.cannot_rise_to(other.id));
        assert_eq!(caller.actor(), Actor::Caller(managing.over(other.id)));
        let setting = Actor::Caller(managing.over(other.id).setting_password(3));
        assert_eq!(caller.actor_with_password(7), setting, "the password that was shown counts");
        let shown = store::Caller::by_token(user.id, Parent::Generation(user.id, 1), None);
        let with_token = Caller::account(user, Authority::Full, shown);
        assert_eq!(with_token.actor_with_password(3), Actor::Caller(shown.setting_password(3)));
    }

    #[test]
    fn an_account_handles_its_own_tokens_alone_unless_it_manages_tokens() {
        let id = |number| UserId::from_bytes([number; 16]);
        let user = User::new(id(1), SubjectKind::User, FullName::parse("Somebody").unwrap(), 1);
        let caller =
            |user: User| Caller::account(Arc::new(user), Authority::Full, store::Caller::by_password(id(1), 1));
        let manager = User { privileges: Privileges::from_iter([Privilege::TokensManage]), ..user.clone() };
        assert_eq!([1, 2].map(|number| caller(user.clone()).must_handle_tokens_of(id(number)).is_ok()), [true, false]);
        assert_eq!(
            [1, 2].map(|number| caller(manager.clone()).must_handle_tokens_of(id(number)).is_ok()),
            [true, true]
        );
        assert!(Caller::operator().must_handle_tokens_of(id(2)).is_ok());
    }
}
