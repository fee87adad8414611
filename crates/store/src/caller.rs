//! The caller of a write, and what entitles it to the write.
//!
//! Between the moment when a request is authenticated and the moment when its write is committed, its credential may be
//! revoked. So the engines check a caller again in the transaction of the write: the commit decides, not a cache.

use std::iter;

use zonemint_base::model::{Network, Parent, Privileges, RequestId, UserId};

/// The caller of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A user or a service, through the API.
    Caller(Caller),
    /// The person who runs the command line on the server's machine.
    Operator,
    /// The server itself, as when it makes its first key.
    System,
    /// The holder of a reset link, through the API.
    Link(Origin),
}

impl Actor {
    /// The caller whose rights must still hold when the write is committed.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Caller(caller) => Some(caller),
            Self::Operator | Self::System | Self::Link(_) => None,
        }
    }

    /// Whether it is this account that asks.
    #[must_use]
    pub fn is(&self, user: UserId) -> bool {
        self.caller().is_some_and(|caller| caller.user == user)
    }

    /// What authorised the request, as a token that it mints remembers it.
    #[must_use]
    pub fn parent(&self) -> Option<Parent> {
        self.caller().and_then(|caller| caller.token)
    }

    /// Appends to a row's note how the request signed in, and which one it is.
    pub(super) fn note_request(&self, note: Option<String>) -> Option<String> {
        match self {
            Self::Caller(Caller { way, origin: Some(origin), .. }) => Some(origin.append_to(note, *way)),
            Self::Link(origin) => Some(origin.append_to(note, Way::ResetLink)),
            Self::Caller(Caller { origin: None, .. }) | Self::Operator | Self::System => note,
        }
    }

    /// For the rest of an operation that only takes away, once its first part was committed: that part may have ended the
    /// caller's own credential.
    #[must_use]
    pub fn having_begun(self) -> Self {
        match self {
            Self::Caller(caller) => Self::Caller(Caller { token: None, password: None, valid_until: None, ..caller }),
            other => other,
        }
    }
}

/// Whom a request was authenticated as, and by what. All of it must still hold when a write of the request is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    user: UserId,
    token: Option<Parent>,
    password: Option<u64>,
    /// Whether the password is shown to set another one.
    sets_password: bool,
    valid_until: Option<u64>,
    privileges: Privileges,
    over: Option<UserId>,
    way: Way,
    origin: Option<Origin>,
}

/// The way of signing in that a request used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Name and password.
    Password,
    /// A token, in a header or in the place of a password.
    Token,
    /// A reset link.
    ResetLink,
}

impl Way {
    /// As audit rows note it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::ResetLink => "reset_link",
        }
    }
}

/// Which request it is, and where it comes from, for audit rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// As the answer's `X-Request-Id` shows it.
    pub request: RequestId,
    /// None if the client's address is not known, or is not to be kept (`audit.addresses`).
    pub network: Option<Network>,
}

impl Origin {
    /// How many bytes it adds to a note at most.
    pub(super) const LONGEST: usize = " way=reset_link request= network=/128".len()
        + RequestId::LONGEST
        + "0000:0000:0000:0000:0000:ffff:255.255.255.255".len();

    fn append_to(self, note: Option<String>, way: Way) -> String {
        let mut note = note.unwrap_or_else(|| String::with_capacity(Self::LONGEST));
        if !note.is_empty() {
            note.push(' ');
        }
        note.push_str("way=");
        note.push_str(way.name());
        note.push_str(" request=");
        self.request.push_to(&mut note);
        if let Some(network) = self.network {
            note.push_str(" network=");
            network.push_to(&mut note);
        }
        note
    }
}

impl Caller {
    /// A user that gave the password of this version ([`zonemint_base::model::User::password_version`]).
    #[must_use]
    pub fn by_password(user: UserId, version: u64) -> Self {
        Self { password: Some(version), ..Self::without_credential(user, Way::Password) }
    }

    /// An account whose token was shown, that ends at `valid_until`, in seconds since the Unix epoch.
    #[must_use]
    pub fn by_token(user: UserId, token: Parent, valid_until: Option<u64>) -> Self {
        Self { token: Some(token), valid_until, ..Self::without_credential(user, Way::Token) }
    }

    fn without_credential(user: UserId, way: Way) -> Self {
        Self {
            user,
            token: None,
            password: None,
            sets_password: false,
            valid_until: None,
            privileges: Privileges::NONE,
            over: None,
            way,
            origin: None,
        }
    }

    /// The same caller, whose audit rows note which request they are of.
    #[must_use]
    pub fn of_request(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// What entitles the caller to a write. Requests that have it in common are equal.
    pub(super) fn entitlement(self) -> Self {
        Self { origin: None, ..self }
    }

    /// The same caller, who has given the password of this version, too, to set another one.
    #[must_use]
    pub fn setting_password(self, version: u64) -> Self {
        Self { password: self.password.or(Some(version)), sets_password: true, ..self }
    }

    /// The same caller, whose write needs these privileges, too.
    #[must_use]
    pub fn using(self, privileges: Privileges) -> Self {
        Self { privileges: self.privileges.with(privileges), ..self }
    }

    /// The same caller, whose write would give it the rights of another account: it has all privileges that this one has.
    #[must_use]
    pub fn over(self, account: UserId) -> Self {
        Self { over: Some(account), ..self }
    }

    /// The account.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The token that was shown.
    #[must_use]
    pub fn token(&self) -> Option<Parent> {
        self.token
    }

    /// The accounts that are looked at when a write is committed.
    pub(super) fn accounts(&self) -> impl Iterator<Item = UserId> {
        iter::once(self.user).chain(self.over)
    }

    /// Whose rights the write would give to the caller.
    pub(super) fn outranks(&self) -> Option<UserId> {
        self.over
    }

    /// Whether [`Caller::lost_with`] looks at what the account may do to others.
    pub(super) fn needs_privileges(&self) -> bool {
        !self.privileges.is_empty() || self.over.is_some()
    }

    /// What is wrong with the account's state at commit: none if it still entitles the caller to the write. `account` is none
    /// for an account that is blocked or removed; `other` are the privileges of the account that [`Caller::outranks`] tells.
    pub(super) fn lost_with(&self, account: Option<&Account>, other: Privileges) -> Option<Lost> {
        let Some(account) = account else { return Some(Lost::Account) };
        let ended = |token: Parent| matches!(token, Parent::Generation(_, shown) if shown != account.generation);
        if self.token.is_some_and(ended) {
            Some(Lost::Token)
        } else if self.password.is_some_and(|version| version != account.password_version) {
            Some(Lost::Password)
        } else if self.password.is_some() && account.must_change && !self.sets_password {
            Some(Lost::PasswordToChange)
        } else if !self.privileges.without(account.privileges).is_empty() {
            Some(Lost::Privilege)
        } else if !other.without(account.privileges).is_empty() {
            Some(Lost::Rank)
        } else {
            None
        }
    }

    /// Whether the token that was shown is over, at a moment in milliseconds since the Unix epoch.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        self.valid_until.is_some_and(|until| until <= now_ms / 1_000)
    }
}

/// The parts of an account that a caller's rights hang on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) password_version: u64,
    pub(super) must_change: bool,
    pub(super) generation: u64,
    pub(super) privileges: Privileges,
}

/// What a caller has lost since the request was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The account is blocked or removed.
    #[error("the account is blocked or removed")]
    Account,
    /// The token was revoked, deleted or rotated, or is over.
    #[error("the token is revoked or over")]
    Token,
    /// The password was changed, or sign-in with one was ended.
    #[error("the password was changed")]
    Password,
    /// The password is good for nothing but to set another one.
    #[error("the password must be changed")]
    PasswordToChange,
    /// The account has lost a privilege that the write needs.
    #[error("a privilege was taken away")]
    Privilege,
    /// The account whose rights the write would give has got a privilege that the caller's has not.
    #[error("the other account has got a privilege that the caller lacks")]
    Rank,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(number: u64, network: &str) -> Origin {
        Origin { request: RequestId::new(u32::MAX, number), network: network.parse().ok() }
    }

    #[test]
    fn a_note_has_room_for_what_a_request_adds() {
        let longest = origin(u64::MAX, "1111:2222:3333:4444:5555:6666:7777:8888/128");
        let note = Actor::Link(longest).note_request(Some("x".to_owned())).unwrap();
        assert!(note.starts_with("x way=reset_link ") && note.len() <= "x".len() + Origin::LONGEST, "{note}");
        for actor in [Actor::Caller(Caller::by_password(UserId::from_bytes([1; 16]), 1)), Actor::System] {
            assert_eq!(actor.note_request(Some("x".to_owned())).as_deref(), Some("x"));
            assert_eq!(actor.note_request(None), None);
        }
    }

    #[test]
    fn requests_of_one_credential_need_one_look_at_it() {
        let caller = Caller::by_password(UserId::from_bytes([1; 16]), 1);
        let [one, other] = [1, 2].map(|number| caller.of_request(origin(number, "192.0.2.0/24")));
        assert_ne!(one, other);
        assert_eq!(one.entitlement(), other.entitlement());
    }
}
