//! Minting: what is asked for, within what the caller may give.

use crate::caveat::{self, Caveat, Time};
use crate::macaroon::{BuildError, Macaroon};
use crate::model::{Token, TokenId, TokenName, UserId};
use crate::store::{Actor, Inserted, StoreError};

use super::service::TokenService;

/// What the caller may do with a user's rights: all that the user may, or only what a token lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The user gave the password.
    Full,
    /// The caller showed a token with these caveats.
    Confined(Vec<Caveat>),
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

    fn caveats(&self) -> &[Caveat] {
        match self {
            Self::Full => &[],
            Self::Confined(own) => own,
        }
    }
}

/// What a token is asked to be. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MintRequest {
    /// When it ends, in seconds since the Unix epoch; by the settings when not given.
    pub valid_until: Option<u64>,
    /// Its name.
    pub name: Option<TokenName>,
    /// More caveats.
    pub caveats: Vec<Caveat>,
}

/// A minted token: durable, and ready to be handed out.
pub struct Minted {
    /// Its identifier.
    pub id: TokenId,
    /// Its text, a secret.
    pub text: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why no token was minted.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The user has another token of that name.
    #[error("the name is taken")]
    NameTaken,
    /// The user is blocked or gone.
    #[error("the owner is blocked or gone")]
    OwnerGone,
    /// The root key that was active is no longer in the keyring.
    #[error("the keyring has no active key")]
    NoKey,
    /// The token would not fit its format.
    #[error("the token cannot be built")]
    Build(#[from] BuildError),
    /// The store failed.
    #[error("the token cannot be stored")]
    Store(#[from] StoreError),
}

impl TokenService {
    /// Mints a client token for `user`. The answer comes when it is durable.
    ///
    /// The caller's own caveats go into the token, so that minting never widens. All time caveats are said as one, the
    /// earliest.
    ///
    /// # Errors
    /// [`MintError`]; nothing was stored then.
    pub async fn mint(&self, user: UserId, authority: &Authority, request: MintRequest) -> Result<Minted, MintError> {
        let now_ms = self.clock.now_ms();
        let valid_until = request.valid_until.unwrap_or(now_ms / 1000 + self.settings.ttl.s());
        let caveats: Vec<_> = authority
            .caveats()
            .iter()
            .cloned()
            .chain([Caveat::Time(Time::until(valid_until))])
            .chain(request.caveats)
            .collect();
        let token = Token {
            id: TokenId::new(now_ms, &self.random),
            user,
            key: self.keyring().active(),
            name: request.name,
            caveats: caveat::simplify(&caveats),
            revoked_ms: None,
        };
        let macaroon = self.derive(&token)?;
        let id = token.id;
        match self.store.insert_token(token, Actor::User(user), now_ms).await? {
            Inserted::Stored => Ok(Minted { id, text: macaroon.to_text(self.settings.alphabet) }),
            Inserted::NameTaken => Err(MintError::NameTaken),
            Inserted::OwnerGone => Err(MintError::OwnerGone),
        }
    }

    /// Makes a stored token's macaroon again.
    pub(super) fn derive(&self, token: &Token) -> Result<Macaroon, MintError> {
        let secret = self.keyring().client_token_secret(token.key, token.id, token.user).ok_or(MintError::NoKey)?;
        let mut macaroon = Macaroon::mint(&secret, &self.settings.location, token.id.to_string().as_bytes())?;
        for caveat in &token.caveats {
            macaroon.narrow(caveat.to_string().as_bytes())?;
        }
        Ok(macaroon)
    }
}
