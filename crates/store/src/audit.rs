//! Audit rows: what happened, each tied to the one before by a hash.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Actor, Ancestors, Caller, Chain, Origin, user_names};
use zonemint_base::model::{KeyId, Network, Parent, RequestId, TokenId, UserId, UserName};
use zonemint_telemetry::{Label as _, label};

label! {
    /// What is recorded, and the name under which it is kept.
    pub enum AuditAction {
        /// A token was minted.
        TokenMint = "token.mint",
        /// A temporary token was minted, of which nothing else is kept.
        TokenTemporary = "token.temporary",
        /// A token of another service was taken over.
        TokenImport = "token.import",
        /// A token was given another name or other notes; with the note `shown=text`, its text was shown to somebody else than its owner.
        TokenUpdate = "token.update",
        /// A token was revoked.
        TokenRevoke = "token.revoke",
        /// A revoked token was made good again.
        TokenRestore = "token.restore",
        /// A token was deleted.
        TokenDelete = "token.delete",
        /// A user or a service was added; the note says which user name it has.
        UserAdd = "user.add",
        /// A password was set. With the note `reset_link=made`: a link was made by which one can be set.
        UserPassword = "user.password",
        /// Sign-in with a password was allowed or ended. With the note `must_change=…`: whether the password must be changed.
        UserBasicAuth = "user.basic_auth",
        /// A user was renamed; the note says which user name it had, and which it has.
        UserNames = "user.names",
        /// A user was given other privileges.
        UserPrivileges = "user.privileges",
        /// All temporary tokens of a user were revoked.
        UserGeneration = "user.generation",
        /// A user was blocked.
        UserBlock = "user.block",
        /// A user was unblocked.
        UserUnblock = "user.unblock",
        /// A user was removed; the note says which user name it had.
        UserRemove = "user.remove",
        /// A root key was added: the first one, or one that takes the place of the one before. With the note `order=last`: one that
        /// was there took the place of the one before.
        KeyAdd = "key.add",
        /// A root key was retired for good.
        KeyRetire = "key.retire",
        /// Root keys and imported secrets were sealed under another key-encryption key.
        KeyRewrap = "key.rewrap",
        /// Expired tokens have left the store.
        TokenPurge = "token.purge",
        /// Sign-ins were refused, as many as the note says.
        LoginRefused = "login.refused",
        /// The ends of the other chains, in the note.
        AuditCheckpoint = "audit.checkpoint",
        /// Audit rows up to the one in the note were moved to a file.
        AuditArchive = "audit.archive",
        /// The store was copied from another one.
        StoreCopy = "store.copy",
        /// The store was restored from a backup. With the note `noticed=…`: a node noticed that the store had been put back, or that
        /// another server answers.
        StoreRestore = "store.restore",
    }
}

impl AuditAction {
    /// The name under which it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.value()
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|action| action.value())
    }

    /// Takes back what [`AuditAction::name`] gave.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.value() == name)
    }
}

/// How long a note of a mint is before the rest of it: `minted_by=`, and `temporary:OWNER:GENERATION`.
const LONGEST_MINTED_BY: usize = 10 + 68;

/// What is to be recorded, before it has its place in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What.
    pub action: AuditAction,
    /// Who did it.
    pub by: Actor,
    /// The user whom it was done to.
    pub user: Option<UserId>,
    /// The token that it was done to.
    pub token: Option<TokenId>,
    /// What else there is to know, as `name=value` parted by spaces. Never a secret.
    pub note: Option<String>,
}

impl AuditEntry {
    /// What the note of a mint that a token authorised holds: a [`zonemint_base::model::Parent`].
    pub const MINTED_BY: &str = "minted_by";
    /// What rows of a request hold: the way of signing in ([`super::Way`]).
    pub const WAY: &str = "way";
    /// Its id ([`zonemint_base::model::RequestId`]), or several ids with commas between.
    pub const REQUEST: &str = "request";
    /// The client's network ([`zonemint_base::model::Network`]), or several with commas between.
    pub const NETWORK: &str = "network";

    /// In the note of an account that lost its name: the name that it lost.
    pub const FORMER_NAME: &str = "former_name";
    /// In the note of an account that got a name: that name.
    pub const NAME: &str = "name";

    /// In the note of a store that was restored without a notice: how a node noticed it.
    pub const NOTICED: &str = "noticed";

    /// A node noticed that the store does not hold any more what it held, or may not.
    #[must_use]
    pub fn noticed(note: String) -> Self {
        // No action of its own: nodes of the version before could not read it.
        Self { note: Some(note), ..Self::new(AuditAction::StoreRestore, Actor::System) }
    }

    /// A root key that was there takes the place of the active one.
    #[must_use]
    pub fn key_put_last(id: KeyId, by: Actor) -> Self {
        // No action of its own: nodes of the version before could not read it.
        Self { note: Some(format!("key={id} order=last")), ..Self::new(AuditAction::KeyAdd, by) }
    }

    /// In the note of a store that was marked: how names are compared from then on.
    pub const COMPARED: &str = "compared";

    /// User names are compared without case from now on.
    #[must_use]
    pub fn ignoring_case(by: Actor) -> Self {
        // No action of its own: nodes of the version before could not read it.
        let note = format!("{}={}", Self::COMPARED, user_names::IGNORE_CASE);
        Self { note: Some(note), ..Self::new(AuditAction::UserNames, by) }
    }

    /// The note of an account that got its first name, if it has one.
    #[must_use]
    pub fn named(name: Option<&UserName>) -> Option<String> {
        name.map(|name| format!("{}={name}", Self::NAME))
    }

    /// The note of an account that lost a name, for another one or for none.
    #[must_use]
    pub fn renamed(former: &str, to: Option<&UserName>) -> String {
        let to = to.map_or(String::new(), |to| format!(" {}={to}", Self::NAME));
        format!("{}={former}{to}", Self::FORMER_NAME)
    }

    /// An entry about nothing but its action.
    #[must_use]
    pub fn new(action: AuditAction, by: Actor) -> Self {
        Self { action, by, user: None, token: None, note: None }
    }

    /// A token was minted: the note says by which other one, if one was shown.
    #[must_use]
    pub fn minted(action: AuditAction, by: Actor, owner: UserId, token: TokenId) -> Self {
        let note = by.parent().map(|parent| {
            // With room for what follows: each mint makes one.
            let mut note = String::with_capacity(LONGEST_MINTED_BY + Origin::LONGEST);
            note.push_str(Self::MINTED_BY);
            note.push('=');
            match parent {
                Parent::Token(id) => note.push_str(&id.text()),
                Parent::Generation(..) => {
                    let _ = write!(note, "{parent}");
                }
            }
            note
        });
        Self { action, by, user: Some(owner), token: Some(token), note }
    }

    /// Something was revoked because it descends from something else.
    #[must_use]
    pub fn descendant(action: AuditAction, by: Actor, of: &Ancestors, owner: UserId, token: Option<TokenId>) -> Self {
        let note = match of {
            Ancestors::One(parent) => format!("descendant_of={parent}"),
            Ancestors::Of(owner, _) | Ancestors::Temporary(owner) => format!("descendant_of_tokens_of={owner}"),
        };
        Self { action, by, user: Some(owner), token, note: Some(note) }
    }

    /// The row that this entry becomes after the last one of a chain.
    #[must_use]
    pub fn chained(self, chain: Chain, after: (u64, [u8; 32]), at_ms: u64) -> AuditRow {
        let actor = self.by.caller().map(Caller::user);
        let (seq, previous) = after;
        let Self { action, by, user, token, note } = self;
        let note = by.note_request(note);
        let mut row = AuditRow { chain, seq: seq + 1, at_ms, action, actor, user, token, note, hash: previous };
        row.hash = row.chained(&previous);
        row
    }
}

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The chain that it belongs to.
    pub chain: Chain,
    /// Rises by one with every row of the chain.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What.
    pub action: AuditAction,
    /// The user who did it; none for the operator, the server itself, and the holder of a reset link.
    pub actor: Option<UserId>,
    /// The user whom it was done to.
    pub user: Option<UserId>,
    /// The token that it was done to.
    pub token: Option<TokenId>,
    /// What else there is to know, as `name=value` parted by spaces.
    pub note: Option<String>,
    /// Hash over this row and the hash of the one before, so that a changed, removed or reordered row shows.
    pub hash: [u8; 32],
}

impl AuditRow {
    /// A value of the note.
    #[must_use]
    pub fn noted(&self, name: &str) -> Option<&str> {
        self.note.as_deref()?.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether the request is one of those that the note names.
    #[must_use]
    pub fn is_of_request(&self, request: RequestId) -> bool {
        self.noted(AuditEntry::REQUEST).is_some_and(|ids| ids.split(',').any(|id| id.parse() == Ok(request)))
    }

    /// Whether the note names a network that holds this one, or lies in it.
    #[must_use]
    pub fn is_of_network(&self, network: &Network) -> bool {
        let overlaps = |text: &str| text.parse::<Network>().is_ok_and(|noted| noted.overlaps(network));
        self.noted(AuditEntry::NETWORK).is_some_and(|networks| networks.split(',').any(overlaps))
    }

    /// Whether the note says that an account got this user name, or had it. ASCII letters differ in case only if their store
    /// says so, and are compared without it.
    #[must_use]
    pub fn names(&self, name: &UserName) -> bool {
        let is_noted = |key| self.noted(key).is_some_and(|noted| noted.eq_ignore_ascii_case(name.as_str()));
        is_noted(AuditEntry::NAME) || is_noted(AuditEntry::FORMER_NAME)
    }

    /// The hash that this row has when it follows one with the hash `previous`.
    ///
    /// Every field has a fixed length, or its length before it, so that no two rows give the same bytes. The chain is in the
    /// hash that the first row follows ([`Chain::genesis`]).
    #[must_use]
    pub fn chained(&self, previous: &[u8; 32]) -> [u8; 32] {
        let name = self.action.name().as_bytes();
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_ms.to_be_bytes());
        hash.update([u8::try_from(name.len()).unwrap_or(u8::MAX)]);
        hash.update(name);
        // 1 for identifiers of 16 bytes, which were the first, 2 for longer ones.
        for id in [self.actor, self.user] {
            hash.update([id.map_or(0, |id| 1 + u8::from(id.is_long()))]);
            hash.update(id.as_ref().map_or(&[0; UserId::SHORT][..], UserId::as_bytes));
        }
        // 1 for the longest identifiers, which were the first, 2 for shorter ones, filled up with zeros after their length.
        let mut padded = [0; TokenId::LONGEST];
        match &self.token {
            None => hash.update([0]),
            Some(id) if id.as_bytes().len() == TokenId::LONGEST => hash.update([1]),
            Some(id) => hash.update([2, u8::try_from(id.as_bytes().len()).unwrap_or(u8::MAX)]),
        }
        if let Some(id) = &self.token {
            padded[..id.as_bytes().len()].copy_from_slice(id.as_bytes());
        }
        hash.update(padded);
        if let Some(note) = &self.note {
            hash.update(u32::try_from(note.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(note);
        }
        hash.finalize().into()
    }
}
