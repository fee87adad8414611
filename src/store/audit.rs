//! Audit rows: what happened, each tied to the one before by a hash.

use sha2::{Digest, Sha256};

use crate::model::{TokenId, UserId};

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// A token was minted.
    TokenMint,
    /// A temporary token was minted, of which nothing else is kept.
    TokenTemporary,
    /// A token of another service was taken over.
    TokenImport,
    /// A token was given another name or other notes.
    TokenUpdate,
    /// A token was revoked.
    TokenRevoke,
    /// A revoked token was made good again.
    TokenRestore,
    /// A token was deleted.
    TokenDelete,
    /// A user or a service was added.
    UserAdd,
    /// A password was set.
    UserPassword,
    /// Sign-in with a password was allowed or ended.
    UserBasicAuth,
    /// A user was renamed.
    UserNames,
    /// A user was given other privileges.
    UserPrivileges,
    /// All temporary tokens of a user were revoked.
    UserGeneration,
    /// A user was blocked.
    UserBlock,
    /// A user was unblocked.
    UserUnblock,
    /// A user was removed.
    UserRemove,
    /// A root key was added.
    KeyAdd,
}

impl AuditAction {
    const ALL: [(Self, &'static str); 17] = [
        (Self::TokenMint, "token.mint"),
        (Self::TokenTemporary, "token.temporary"),
        (Self::TokenImport, "token.import"),
        (Self::TokenUpdate, "token.update"),
        (Self::TokenRevoke, "token.revoke"),
        (Self::TokenRestore, "token.restore"),
        (Self::TokenDelete, "token.delete"),
        (Self::UserAdd, "user.add"),
        (Self::UserPassword, "user.password"),
        (Self::UserBasicAuth, "user.basic_auth"),
        (Self::UserNames, "user.names"),
        (Self::UserPrivileges, "user.privileges"),
        (Self::UserGeneration, "user.generation"),
        (Self::UserBlock, "user.block"),
        (Self::UserUnblock, "user.unblock"),
        (Self::UserRemove, "user.remove"),
        (Self::KeyAdd, "key.add"),
    ];

    /// The name under which it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, name)| name)
    }

    /// Takes back what [`AuditAction::name`] gave.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(action, _)| *action)
    }
}

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Rises by one with every row.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What.
    pub action: AuditAction,
    /// The user who did it; none for the operator and the server itself.
    pub actor: Option<UserId>,
    /// The user whom it was done to.
    pub user: Option<UserId>,
    /// The token that it was done to.
    pub token: Option<TokenId>,
    /// Hash over this row and the hash of the one before, so that a changed, removed or reordered row shows.
    pub hash: [u8; 32],
}

impl AuditRow {
    /// What the first row follows.
    pub const GENESIS: [u8; 32] = [0; 32];

    /// The hash that this row has when it follows one with the hash `previous`.
    ///
    /// Every field has a fixed length, or its length before it, so that no two rows give the same bytes.
    #[must_use]
    pub fn chained(&self, previous: &[u8; 32]) -> [u8; 32] {
        let name = self.action.name().as_bytes();
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_ms.to_be_bytes());
        hash.update([u8::try_from(name.len()).unwrap_or(u8::MAX)]);
        hash.update(name);
        for id in [self.actor, self.user] {
            hash.update([u8::from(id.is_some())]);
            hash.update(id.map_or([0; 16], |id| *id.as_bytes()));
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
        hash.finalize().into()
    }
}
