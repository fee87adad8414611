//! What somebody else than its bearer asks about a token's text: whether it is good (RFC 7662), and that it be ended (RFC 7009).
//!
//! Both ask the store each time, so that they see a revocation that another node made a moment ago.

use std::pin::Pin;

use super::remembered::Reading;
use super::service::TokenService;
use super::verdict::{Authenticated, Refused, VerifyError};
use super::verify::{Purpose, serves};
use zonemint_base::model::{Identifier, Persistence, Subject, TokenId, TokenType, UserId};
use zonemint_caveat::{Caveat, Request, Time, TokenKind};
use zonemint_macaroon::{BuildError, Macaroon, RootSecret};
use zonemint_store::{self as store, StoreError};
use zonemint_telemetry::traces;

/// A token of ours, whose signature is right. It may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Which one.
    pub id: TokenId,
    /// Whose rights it carries.
    pub subject: Subject,
    /// Whether it is a temporary one, which ends together with all others of its subject.
    pub temporary: bool,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// What a token of ours says whose signature is right, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose rights it carries.
    pub subject: Subject,
    /// What it is for.
    pub kind: TokenType,
}

impl TokenService {
    /// Waits for all reads that `work` needs together no longer than for one alone: [`store::as_one_read`].
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError::Unavailable`] when it takes too long.
    pub async fn as_one_read<T, E: From<StoreError>>(
        &self,
        work: Pin<&mut (impl Future<Output = Result<T, E>> + ?Sized)>,
    ) -> Result<T, E> {
        store::as_one_read(&*self.store, work).await
    }

    /// Verifies as [`TokenService::verify`] does, and says no more than yes or no. Every no costs about the same: one parse, one
    /// row read by its key, one chain of signatures. A text that names no token of ours is replaced by a token that nobody has.
    ///
    /// # Errors
    /// [`StoreError`] when there is no verdict.
    pub fn introspect(
        &self,
        text: &str,
        request: Request,
    ) -> impl Future<Output = Result<Option<Authenticated>, StoreError>> {
        traces::span("token.verify").around(async move {
            let named = self.read(text).ok().filter(|(_, macaroon, _)| names_a_token(macaroon, request.token));
            let (service, macaroon) = match named {
                Some((service, macaroon, _)) => (service, macaroon),
                None => match self.nobodys() {
                    Ok(macaroon) => (None, macaroon),
                    Err(_) => return Ok(None),
                },
            };
            let known = self.authenticate(macaroon, request.token, Reading::Stored).await;
            let verdict = known.and_then(|known| self.judge_known(&known, service, request, None, Purpose::Use));
            self.metrics.verified(&verdict);
            match verdict {
                Ok(token) => Ok(Some(token)),
                Err(VerifyError::Refused(_)) => Ok(None),
                Err(VerifyError::Store(error)) => Err(error),
            }
        })
    }

    /// Finds out which token a text is, of whatever kind; none for one that we did not sign, or that is deleted.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn recognise(&self, text: &str) -> Result<Option<Recognised>, StoreError> {
        let Ok((_, macaroon, _)) = self.read(text) else { return Ok(None) };
        let Some(kind) = Identifier::parse(macaroon.identifier()).map(|identifier| identifier.kind().kind()) else {
            return Ok(None);
        };
        match self.authenticate(macaroon, kind, Reading::Stored).await {
            Ok(known) => Ok(Some(Recognised {
                id: known.id,
                subject: known.subject,
                temporary: known.remembered.is_none(),
                revoked: known.revoked,
            })),
            Err(VerifyError::Refused(_)) => Ok(None),
            Err(VerifyError::Store(error)) => Err(error),
        }
    }

    /// Whose token a text is, and what for, if its signature is valid here. Of what the text names, only the token itself is looked
    /// up in the store: so the writer of a forged text does not learn which subjects exist.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when the store has the token for another subject or use than it says; [`VerifyError::Store`] when
    /// that cannot be found out.
    pub async fn signed(&self, text: &str) -> Result<Option<Signed>, VerifyError> {
        let Ok((_, macaroon, _)) = self.read(text) else { return Ok(None) };
        let kind = match Identifier::parse(macaroon.identifier()) {
            None => return Ok(None),
            Some(Identifier::Structured {
                persistence: Persistence::Temporary { generation },
                subject,
                subject_id,
                kind,
                ..
            }) => {
                let Ok(id) = subject_id.parse::<UserId>() else { return Ok(None) };
                let keyring = self.keyring();
                let secrets = keyring.ids().filter_map(|key| keyring.temporary_token_secret(key, id, generation));
                let is_signed = macaroon.verify_by_any(secrets).is_ok();
                return Ok(is_signed.then_some(Signed { subject: Subject { kind: subject, id }, kind }));
            }
            Some(identifier) => identifier.kind().kind(),
        };
        match self.authenticate(macaroon, kind, Reading::Remembered).await {
            Ok(known) => Ok(Some(Signed { subject: known.subject, kind: known.kind })),
            Err(error @ (VerifyError::Refused(Refused::Subject) | VerifyError::Store(_))) => Err(error),
            Err(VerifyError::Refused(_)) => Ok(None),
        }
    }

    /// A token in the most common form, with an identifier that no token has.
    fn nobodys(&self) -> Result<Macaroon, BuildError> {
        let id = TokenId::new(self.clock.now_ms(), &self.random).to_string();
        let mut macaroon = Macaroon::mint(&RootSecret::new(&[0; 32]), &self.settings.location, id.as_bytes())?;
        macaroon.narrow(Caveat::Time(Time::until(self.clock.now_s())).to_string().as_bytes())?;
        Ok(macaroon)
    }
}

/// Whether a look-up by what the token says can be made at all.
fn names_a_token(macaroon: &Macaroon, asked: TokenKind) -> bool {
    Identifier::parse(macaroon.identifier()).is_some_and(|identifier| {
        serves(asked, &identifier.kind())
            && match identifier {
                Identifier::Bare(id) => TokenId::parse(id.as_bytes()).is_ok(),
                Identifier::Structured { subject_id, id, .. } => {
                    TokenId::parse(id.as_bytes()).is_ok() && subject_id.parse::<UserId>().is_ok()
                }
            }
    })
}
