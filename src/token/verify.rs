//! Verifying: strict parse, look-up, signature, revocation, caveats, in this order.

use crate::caveat::{Caveat, Request};
use crate::macaroon::{Macaroon, ParseError, RootSecret};
use crate::model::{TokenId, UserId};
use crate::store::StoreError;

use super::service::{Remembered, TokenService};

/// A token that is good, as far as this module knows: whether its owner still exists and is not blocked is for the caller
/// to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Authenticated {
    /// Which token.
    pub id: TokenId,
    /// Whose rights it carries.
    pub user: UserId,
    /// Its caveats, verified.
    pub caveats: Vec<Caveat>,
}

/// Why a token is not good. Outsiders are told only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a token's canonical text.
    #[error("malformed: {0}")]
    Malformed(#[from] ParseError),
    /// No such token was ever minted, or its root key is retired.
    #[error("unknown")]
    Unknown,
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
    /// Revoked.
    #[error("revoked")]
    Revoked,
    /// A caveat that cannot be enforced, or does not hold.
    #[error("caveat not met")]
    Caveat,
}

/// What came in the way of a verdict, or the verdict that it is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VerifyError {
    /// The token is not good.
    #[error("the token is refused: {0}")]
    Refused(#[from] Refused),
    /// The store failed, so there is no verdict.
    #[error("the token cannot be verified now")]
    Store(#[from] StoreError),
}

impl From<ParseError> for VerifyError {
    fn from(error: ParseError) -> Self {
        Self::Refused(Refused::Malformed(error))
    }
}

impl TokenService {
    /// Verifies a token's text.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when it is not good; [`VerifyError::Store`] when that cannot be found out.
    pub async fn verify(&self, text: &str) -> Result<Authenticated, VerifyError> {
        let (id, remembered, verified) = self.authenticate(text).await?;
        if remembered.revoked {
            return Err(Refused::Revoked.into());
        }
        let request = Request { now: self.clock.now_s() };
        let caveats = verified
            .caveats()
            .map(|caveat| match caveat.third_party {
                None => Caveat::parse(caveat.cid).map_err(|_| Refused::Caveat),
                // Nobody can discharge it here: there is no way to send a discharge.
                Some(_) => Err(Refused::Caveat),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if caveats.iter().any(|caveat| caveat.check(&request).is_err()) {
            return Err(Refused::Caveat.into());
        }
        Ok(Authenticated { id, user: remembered.owner, caveats })
    }

    /// Parses, looks up and checks the signature, so that what follows may be told to the holder.
    pub(super) async fn authenticate(
        &self,
        text: &str,
    ) -> Result<(TokenId, Remembered, crate::macaroon::Verified), VerifyError> {
        let (macaroon, _) = Macaroon::parse(text, &self.limits)?;
        let known = match TokenId::parse(macaroon.identifier()) {
            Ok(id) => self.look_up(id).await?.map(|remembered| (id, remembered)),
            Err(_) => None,
        };
        let secret =
            known.and_then(|(id, remembered)| self.keyring().client_token_secret(remembered.key, id, remembered.owner));
        if let (Some((id, remembered)), Some(secret)) = (known, secret) {
            let verified = macaroon.verify(&secret).map_err(|_| Refused::Signature)?;
            Ok((id, remembered, verified))
        } else {
            // The same work as for a token that exists, so that the time does not tell.
            let _ = macaroon.verify(&RootSecret::new(&[0; 32]));
            Err(Refused::Unknown.into())
        }
    }
}
