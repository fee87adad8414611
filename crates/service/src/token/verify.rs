//! Verifying: strict parse, look-up, signature, revocation, caveats, in this order.

use std::sync::Arc;

use super::remembered::{Reading, Remembered};
use super::service::TokenService;
use super::signed_caveats::SignedCaveats;
use super::signed_texts::SignedText;
use super::verdict::{Authenticated, Refused, VerifyError};
use zonemint_base::model::{
    Identifier, Parent, Persistence, Subject, SubjectKind, TokenForm, TokenId, TokenType, UserId, split_service,
};
use zonemint_caveat::{Caveat, Consumer, ConsumerKind, DataAccess, Request, ServiceType, TokenKind};
use zonemint_macaroon::{Encoding, Macaroon, RootSecret};
use zonemint_store::StoreError;
use zonemint_telemetry::{Lookup, traces};

impl TokenService {
    /// Verifies a token's text for the use that `request` describes. A provider's access token that proves an identity is
    /// judged as an identity token: limits on what it may do as an access token say that it is not for that. A user's is judged
    /// so, too, and proves nothing.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when it is not good; [`VerifyError::Store`] when that cannot be found out.
    pub async fn verify(&self, text: &str, request: Request) -> Result<Authenticated, VerifyError> {
        self.judge(text, request, None, Purpose::Use).await
    }

    /// As [`TokenService::verify`], for a proxy that asks for the service behind it: the host by which that is called is kept as
    /// where the token was last used.
    ///
    /// # Errors
    /// As [`TokenService::verify`].
    pub async fn verify_at(
        &self,
        text: &str,
        request: Request,
        host: Option<&str>,
    ) -> Result<Authenticated, VerifyError> {
        self.judge(text, request, host, Purpose::Use).await
    }

    /// As [`TokenService::verify`], for finding out what an access token reaches: whatever service and interface it is bound
    /// to, in the hands of its own subject unless `request` names somebody, with its limits on data.
    ///
    /// # Errors
    /// As [`TokenService::verify`].
    pub async fn verify_for_scope(&self, text: &str, request: Request) -> Result<Authenticated, VerifyError> {
        self.judge(text, Request { data_access: DataAccess::Allowed, ..request }, None, Purpose::Scope).await
    }

    /// As [`TokenService::verify`], for the identity token of a caller who asks what an access token reaches: whatever interface it is
    /// bound to.
    ///
    /// # Errors
    /// As [`TokenService::verify`].
    pub async fn verify_consumer_for_scope(&self, text: &str, request: Request) -> Result<Authenticated, VerifyError> {
        self.judge(text, request, None, Purpose::ScopeConsumer).await
    }

    async fn judge(
        &self,
        text: &str,
        request: Request,
        host: Option<&str>,
        purpose: Purpose,
    ) -> Result<Authenticated, VerifyError> {
        let verdict = traces::span("token.verify").around(self.find_verdict(text, request, host, purpose)).await;
        self.metrics.verified(&verdict);
        verdict
    }

    async fn find_verdict(
        &self,
        text: &str,
        request: Request,
        host: Option<&str>,
        purpose: Purpose,
    ) -> Result<Authenticated, VerifyError> {
        let (service, bare) = split_service(text);
        if let Some(known) = self.known_text(bare, request.token).await? {
            return self.judge_known(&known, service, request, host, purpose);
        }
        let (_, macaroon, _) = self.read(text)?;
        let known = self.authenticate(macaroon, request.token, Reading::Remembered).await?;
        let verdict = self.judge_known(&known, service, request, host, purpose);
        if let (Ok(_), Some(signer)) = (&verdict, &known.remembered)
            && self.freshness.holds()
        {
            self.signed_texts.insert(bare, known.id, known.kind.clone(), &known.caveats.read, signer);
        }
        verdict
    }

    /// What is known of a token by its text alone: its signature was verified before, with the secret of the record that is
    /// remembered now.
    async fn known_text(&self, text: &str, asked: TokenKind) -> Result<Option<SignedToken>, StoreError> {
        let is_usable = |entry: &Arc<SignedText>| serves(asked, &entry.kind) && self.freshness.holds();
        let known = match self.signed_texts.get(text).filter(is_usable) {
            None => None,
            Some(entry) => {
                let record = self.look_up_usable(entry.id, Reading::Remembered).await?;
                let signer = record.filter(|record| Arc::ptr_eq(record, &entry.signer));
                let caveats = SignedCaveats { read: Arc::clone(&entry.caveats), unreadable: None };
                signer.map(|signer| self.known_stored(entry.id, signer, entry.kind.clone(), caveats))
            }
        };
        self.metrics.signed_texts.count(if known.is_some() { Lookup::Hit } else { Lookup::Miss });
        Ok(known)
    }

    /// What comes after the signature.
    pub(super) fn judge_known(
        &self,
        known: &SignedToken,
        service: Option<ServiceType>,
        mut request: Request,
        host: Option<&str>,
        purpose: Purpose,
    ) -> Result<Authenticated, VerifyError> {
        if matches!(known.kind, TokenType::AccessOfSession(_)) {
            return Err(Refused::Session.into());
        }
        if known.revoked {
            return Err(Refused::Revoked.into());
        }
        if purpose == Purpose::Scope {
            request.consumer = request.consumer.or_else(|| consumer(known.subject));
        }
        self.check_caveats(known, &mut request, purpose)?;
        must_suit_subject(known, &request)?;
        if let Some(remembered) = &known.remembered {
            self.used(known.id, remembered, &request, host);
        }
        let is_ours = known.remembered.as_ref().is_none_or(|remembered| remembered.key.is_some());
        let issued_ms = is_ours.then(|| known.id.time_ms());
        let parent = known.generation.map_or(Parent::Token(known.id), |of| Parent::Generation(known.subject.id, of));
        let caveats = Arc::clone(&known.caveats.read);
        Ok(Authenticated { id: known.id, parent, subject: known.subject, service, issued_ms, caveats, at: request.now })
    }

    /// Checks one caveat after the other, so that the first that does not hold decides, whatever follows.
    fn check_caveats(&self, known: &SignedToken, request: &mut Request, purpose: Purpose) -> Result<(), Refused> {
        let proves_identity = request.token == TokenKind::Identity && known.kind.kind() == TokenKind::Access;
        let mut is_located = false;
        for caveat in &*known.caveats.read {
            if caveat.needs_place() && !is_located {
                request.place = self.place(request);
                is_located = true;
            }
            let is_met = proves_identity && *caveat == Caveat::Scope;
            if !is_met && !purpose.ignores(caveat, request.token) {
                caveat.check(request).map_err(|unmet| Refused::Caveat(caveat.clone(), unmet))?;
            }
        }
        known.caveats.unreadable.clone().map_or(Ok(()), |caveat| Err(Refused::UnreadableCaveat(caveat)))
    }

    /// Takes the prefix off that a provider's token may have, and parses the rest.
    pub(super) fn read(&self, text: &str) -> Result<(Option<ServiceType>, Macaroon, Encoding), Refused> {
        let (service, text) = split_service(text);
        let (macaroon, encoding) = Macaroon::parse(text, &self.limits)?;
        Ok((service, macaroon, encoding))
    }

    /// Looks up the token and checks the signature; later refusals may be shown to the holder. A token of another kind than `asked` is
    /// refused before that, by its text alone.
    pub(super) async fn authenticate(
        &self,
        macaroon: Macaroon,
        asked: TokenKind,
        reading: Reading,
    ) -> Result<SignedToken, VerifyError> {
        match Identifier::parse(macaroon.identifier()) {
            Some(identifier) if !serves(asked, &identifier.kind()) => {
                let kind = identifier.kind();
                Err(refuse(macaroon, Refused::Kind(kind)))
            }
            None => Err(refuse(macaroon, Refused::Unreadable)),
            Some(Identifier::Bare(id)) => {
                let id = TokenId::parse(id.as_bytes()).ok();
                let fits = |remembered: &Remembered| remembered.form == TokenForm::Bare;
                self.authenticate_stored(macaroon, id, fits, TokenType::Access, reading).await
            }
            Some(Identifier::Structured { persistence: Persistence::Named, subject, subject_id, kind, id }) => {
                let (id, owner) = (TokenId::parse(id.as_bytes()).ok(), subject_id.parse::<UserId>().ok());
                let fits = move |remembered: &Remembered| {
                    remembered.form == TokenForm::Structured(subject) && Some(remembered.owner) == owner
                };
                self.authenticate_stored(macaroon, id, fits, kind, reading).await
            }
            Some(Identifier::Structured {
                persistence: Persistence::Temporary { generation },
                subject,
                subject_id,
                kind,
                id,
            }) => {
                let (id, owner) = (TokenId::parse(id.as_bytes()).ok(), subject_id.parse::<UserId>().ok());
                let named = id.zip(owner.map(|id| Subject { kind: subject, id }));
                self.authenticate_temporary(macaroon, named, generation, kind, reading).await
            }
        }
    }

    async fn authenticate_stored(
        &self,
        macaroon: Macaroon,
        id: Option<TokenId>,
        fits: impl Fn(&Remembered) -> bool,
        kind: TokenType,
        reading: Reading,
    ) -> Result<SignedToken, VerifyError> {
        let Some(id) = id else { return Err(refuse(macaroon, Refused::Unknown)) };
        let Some(remembered) = self.look_up_usable(id, reading).await? else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let verified = macaroon.verify(&remembered.secret).map_err(|_| Refused::Signature)?;
        if !fits(&remembered) || kind.kind() != remembered.kind {
            return Err(Refused::Subject.into());
        }
        Ok(self.known_stored(id, remembered, kind, SignedCaveats::read(&verified)))
    }

    /// The record of a token whose root key is not retired.
    async fn look_up_usable(&self, id: TokenId, reading: Reading) -> Result<Option<Arc<Remembered>>, StoreError> {
        let found = self.look_up(id, reading).await?;
        Ok(found.filter(|found| found.key.is_none_or(|key| self.keyring().has(key))))
    }

    fn known_stored(
        &self,
        id: TokenId,
        record: Arc<Remembered>,
        kind: TokenType,
        caveats: SignedCaveats,
    ) -> SignedToken {
        let subject_kind = match record.form {
            TokenForm::Bare => SubjectKind::User,
            TokenForm::Structured(kind) => kind,
        };
        SignedToken {
            id,
            subject: Subject { kind: subject_kind, id: record.owner },
            kind,
            revoked: record.revoked_ms.is_some_and(|ms| ms <= self.clock.latest_ms()),
            caveats,
            generation: None,
            remembered: Some(record),
        }
    }

    async fn authenticate_temporary(
        &self,
        macaroon: Macaroon,
        named: Option<(TokenId, Subject)>,
        generation: u64,
        kind: TokenType,
        reading: Reading,
    ) -> Result<SignedToken, VerifyError> {
        let Some((id, subject)) = named else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let Some(current) = self.generation(subject.id, reading).await? else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let keyring = self.keyring();
        // Which root key it was made with is written nowhere; there are few, and the active one comes first.
        let secrets = keyring.ids().filter_map(|key| keyring.temporary_token_secret(key, subject.id, generation));
        let verified =
            macaroon.verify_by_any(secrets).ok().filter(|_| generation <= current).ok_or(Refused::Signature)?;
        Ok(SignedToken {
            id,
            subject,
            kind,
            revoked: generation < current,
            caveats: SignedCaveats::read(&verified),
            generation: Some(generation),
            remembered: None,
        })
    }
}

/// The same work as for a token that exists, so that the time does not tell.
fn refuse(macaroon: Macaroon, why: Refused) -> VerifyError {
    let _ = macaroon.verify(&RootSecret::new(&[0; 32]));
    why.into()
}

/// What a token is judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What the request says.
    Use,
    /// To find out what an access token reaches.
    Scope,
    /// To know who finds that out.
    ScopeConsumer,
}

impl Purpose {
    /// Whether a caveat may fail. One that such tokens do not support never may.
    fn ignores(self, caveat: &Caveat, token: TokenKind) -> bool {
        match self {
            Self::Use => false,
            Self::Scope | Self::ScopeConsumer => {
                matches!(caveat, Caveat::Service(_) | Caveat::Interface(_)) && caveat.is_supported_by(token)
            }
        }
    }
}

/// Refuses what no token of the subject's kind may be used for, whatever its caveats: a user's access token proves no identity, and
/// a service's is for the zone only.
fn must_suit_subject(known: &SignedToken, request: &Request) -> Result<(), Refused> {
    match (known.subject.kind, request.token, &request.service) {
        (SubjectKind::User, TokenKind::Identity, _) if known.kind == TokenType::Access => {
            Err(Refused::Kind(known.kind.clone()))
        }
        (SubjectKind::Provider, TokenKind::Access, Some(service)) if service.kind() != ServiceType::OzWorker => {
            Err(Refused::Service(service.clone()))
        }
        _ => Ok(()),
    }
}

/// A subject as what a consumer caveat names.
#[must_use]
pub fn consumer(subject: Subject) -> Option<Consumer> {
    let kind = match subject.kind {
        SubjectKind::User => ConsumerKind::User,
        SubjectKind::Provider => ConsumerKind::Provider,
    };
    Consumer::new(kind, &subject.id.to_string())
}

/// A token whose signature is right.
pub(super) struct SignedToken {
    pub(super) id: TokenId,
    pub(super) subject: Subject,
    pub(super) kind: TokenType,
    pub(super) revoked: bool,
    caveats: SignedCaveats,
    /// Of a temporary token.
    pub(super) generation: Option<u64>,
    /// None for a temporary token.
    pub(super) remembered: Option<Arc<Remembered>>,
}

/// Whether a token of one kind may serve where another is asked for: a provider's access token also proves who it is. A user's does
/// not, but that is said of a good one only, as in Onezone: an older token's text does not tell whose it is.
pub(super) fn serves(asked: TokenKind, kind: &TokenType) -> bool {
    asked == kind.kind() || (asked == TokenKind::Identity && *kind == TokenType::Access)
}
