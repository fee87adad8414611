//! Verifying: strict parse, look-up, signature, revocation, caveats, in this order.

use std::sync::Arc;

use super::identifier::{Identifier, Persistence};
use super::kind::TokenType;
use super::service::{Remembered, TokenService};
use super::uses::day_of;
use crate::caveat::{
    self, Caveat, CaveatTextError, Consumer, ConsumerKind, DataAccess, Request, ServiceType, TokenKind, Unmet,
};
use crate::macaroon::{self, Encoding, Macaroon, ParseError, RootSecret, TextError, Verified, printable};
use crate::model::{Parent, Subject, SubjectKind, TokenForm, TokenId, UserId};
use crate::store::StoreError;
use crate::telemetry::traces;

/// A token that is good, as far as this module knows: whether its subject still exists and is not blocked is for the
/// caller to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Authenticated {
    /// Which token.
    pub id: TokenId,
    /// As what it authorises requests.
    pub parent: Parent,
    /// Whose rights it carries.
    pub subject: Subject,
    /// Which service of a provider it was handed out to, if its text says so.
    pub service: Option<ServiceType>,
    /// When it was made, in milliseconds since the Unix epoch; none for a token of another service, which does not tell.
    pub issued_ms: Option<u64>,
    /// Its caveats, verified.
    pub caveats: Vec<Caveat>,
    /// The moment for which it was judged, in seconds since the Unix epoch.
    pub at: u64,
}

impl Authenticated {
    /// When it ends, in seconds since the Unix epoch; none if it does not.
    #[must_use]
    pub fn valid_until(&self) -> Option<u64> {
        caveat::valid_until(&self.caveats)
    }
}

/// Why a token is not good. Up to the signature outsiders learn no more than that; what follows only a holder can meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Longer than is allowed.
    #[error("longer than {limit} characters")]
    TooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// Not a token's canonical text.
    #[error("malformed: {0}")]
    Malformed(ParseError),
    /// An identifier or a prefix that no token has.
    #[error("not a token of a known kind")]
    Unreadable,
    /// No such token was ever minted, it is deleted, or its root key is retired.
    #[error("unknown")]
    Unknown,
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
    /// It is of another kind than what is asked for.
    #[error("another kind of token")]
    Kind(TokenType),
    /// Bound to a session, of which this service has none.
    #[error("bound to a session")]
    Session,
    /// Revoked.
    #[error("revoked")]
    Revoked,
    /// It names another subject than the store does.
    #[error("another subject")]
    Subject,
    /// A caveat that nobody could check.
    #[error("unreadable caveat")]
    UnreadableCaveat(UnreadableCaveat),
    /// A caveat that does not hold.
    #[error("caveat not met: {1}")]
    Caveat(Caveat, Unmet),
}

/// A caveat for which a token is refused, whatever it is used for. The texts are printable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableCaveat {
    /// Of a kind that is not known here.
    #[error("a caveat of a kind that is not known here: {0}")]
    UnknownKind(String),
    /// Of a known kind, whose value is none.
    #[error("{error}, and here it is \"{text}\"")]
    BadValue {
        /// The caveat.
        text: String,
        /// How it must be written.
        error: CaveatTextError,
    },
    /// To be discharged by another party, whose location this is.
    #[error("a third-party caveat, to be discharged at \"{0}\": discharges are not accepted here")]
    ThirdParty(String),
}

impl UnreadableCaveat {
    fn new(cid: &[u8], error: CaveatTextError) -> Self {
        match error {
            CaveatTextError::UnknownKind => Self::UnknownKind(printable(cid)),
            CaveatTextError::BadValue { .. } => Self::BadValue { text: printable(cid), error },
        }
    }
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

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Text(TextError::TooLong { limit }) => Self::TooLong { limit },
            other => Self::Malformed(other),
        }
    }
}

impl TokenService {
    /// Verifies a token's text for the use that `request` describes. A provider's access token that proves an identity is
    /// judged as an identity token: limits on what it may do as an access token say that it is not for that.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when it is not good; [`VerifyError::Store`] when that cannot be found out.
    pub async fn verify(&self, text: &str, request: Request) -> Result<Authenticated, VerifyError> {
        self.judge(text, request, Purpose::Use).await
    }

    /// As [`TokenService::verify`], for finding out what an access token reaches: whatever service and interface it is bound
    /// to, in the hands of its own subject unless `request` names somebody, with its limits on data.
    ///
    /// # Errors
    /// As [`TokenService::verify`].
    pub async fn verify_for_scope(&self, text: &str, request: Request) -> Result<Authenticated, VerifyError> {
        self.judge(text, Request { data_access: DataAccess::Allowed, ..request }, Purpose::Scope).await
    }

    async fn judge(&self, text: &str, request: Request, purpose: Purpose) -> Result<Authenticated, VerifyError> {
        let verdict = traces::span("token.verify").around(self.find_verdict(text, request, purpose)).await;
        self.metrics.verified(&verdict);
        verdict
    }

    async fn find_verdict(&self, text: &str, request: Request, purpose: Purpose) -> Result<Authenticated, VerifyError> {
        let (service, macaroon, _) = self.read(text)?;
        let known = self.authenticate(macaroon, request.token, Reading::Remembered).await?;
        self.judge_known(&known, service, request, purpose)
    }

    /// What comes after the signature.
    pub(super) fn judge_known(
        &self,
        known: &Known,
        service: Option<ServiceType>,
        mut request: Request,
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
        let caveats = read_caveats(known.verified.caveats()).map_err(Refused::UnreadableCaveat)?;
        if caveats.iter().any(Caveat::needs_place) {
            request.place = self.place(&request);
        }
        let counts =
            |caveat: &&Caveat| purpose == Purpose::Use || !matches!(caveat, Caveat::Service(_) | Caveat::Interface(_));
        for caveat in caveats.iter().filter(counts) {
            caveat.check(&request).map_err(|unmet| Refused::Caveat(caveat.clone(), unmet))?;
        }
        if !known.is_of_kind(request.token) {
            return Err(Refused::Kind(known.kind.clone()).into());
        }
        if let Some(remembered) = &known.remembered {
            self.used(known.id, remembered, day_of(request.now));
        }
        let is_ours = known.remembered.as_ref().is_none_or(|remembered| remembered.key.is_some());
        let issued_ms = is_ours.then(|| known.id.time_ms());
        let parent = known.generation.map_or(Parent::Token(known.id), |of| Parent::Generation(known.subject.id, of));
        Ok(Authenticated { id: known.id, parent, subject: known.subject, service, issued_ms, caveats, at: request.now })
    }

    /// Takes the prefix off that a provider's token may have, and parses the rest.
    pub(super) fn read(&self, text: &str) -> Result<(Option<ServiceType>, Macaroon, Encoding), Refused> {
        let (service, text) = split_service(text);
        let (macaroon, encoding) = Macaroon::parse(text, &self.limits)?;
        Ok((service, macaroon, encoding))
    }

    /// Looks up and checks the signature, so that what follows may be told to the holder. A token of another kind than
    /// `asked` is refused before that, by what its text says; but for an access token that should prove an identity, of which
    /// Onezone judges the caveats first, as [`TokenService::judge_known`] does.
    pub(super) async fn authenticate(
        &self,
        macaroon: Macaroon,
        asked: TokenKind,
        reading: Reading,
    ) -> Result<Known, VerifyError> {
        match Identifier::parse(macaroon.identifier()) {
            Some(identifier) if !serves(asked, &identifier) && !is_judged_first(asked, &identifier) => {
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
    ) -> Result<Known, VerifyError> {
        let Some(id) = id else { return Err(refuse(macaroon, Refused::Unknown)) };
        let remembered = self.look_up(id, reading).await?;
        let keyring = self.keyring();
        let Some(remembered) = remembered.filter(|found| found.key.is_none_or(|key| keyring.has(key))) else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let verified = macaroon.verify(&remembered.secret).map_err(|_| Refused::Signature)?;
        if !fits(&remembered) || kind.kind() != remembered.kind {
            return Err(Refused::Subject.into());
        }
        let subject_kind = match remembered.form {
            TokenForm::Bare => SubjectKind::User,
            TokenForm::Structured(kind) => kind,
        };
        Ok(Known {
            id,
            subject: Subject { kind: subject_kind, id: remembered.owner },
            kind,
            revoked: remembered.revoked_ms.is_some_and(|ms| ms <= self.clock.latest_ms()),
            verified,
            generation: None,
            remembered: Some(remembered),
        })
    }

    async fn authenticate_temporary(
        &self,
        macaroon: Macaroon,
        named: Option<(TokenId, Subject)>,
        generation: u64,
        kind: TokenType,
        reading: Reading,
    ) -> Result<Known, VerifyError> {
        let Some((id, subject)) = named else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let Some(current) = self.generation(subject.id, reading).await? else {
            return Err(refuse(macaroon, Refused::Unknown));
        };
        let keyring = self.keyring();
        // Which root key it was made with is written nowhere; there are few, and the active one comes first.
        let secrets = keyring.ids().filter_map(|key| keyring.temporary_token_secret(key, subject.id, generation));
        let verified = secrets
            .into_iter()
            .find_map(|secret| macaroon.clone().verify(&secret).ok())
            .filter(|_| generation <= current)
            .ok_or(Refused::Signature)?;
        Ok(Known {
            id,
            subject,
            kind,
            revoked: generation < current,
            verified,
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
    Use,
    Scope,
}

/// Where what is known of a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// From memory, when it is there.
    Remembered,
    /// From the store, each time.
    Stored,
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
pub(super) struct Known {
    pub(super) id: TokenId,
    pub(super) subject: Subject,
    pub(super) kind: TokenType,
    pub(super) revoked: bool,
    pub(super) verified: Verified,
    /// Of a temporary token.
    pub(super) generation: Option<u64>,
    /// None for a temporary token.
    pub(super) remembered: Option<Arc<Remembered>>,
}

impl Known {
    /// Whether it serves where such a token is asked for.
    fn is_of_kind(&self, asked: TokenKind) -> bool {
        is_of_kind(asked, self.kind.kind(), self.subject.kind)
    }
}

/// Whether a token of one kind serves where another is asked for: a provider's access token also proves who it is.
pub(super) fn serves(asked: TokenKind, identifier: &Identifier<'_>) -> bool {
    let subject = match identifier {
        Identifier::Bare(_) => SubjectKind::User,
        Identifier::Structured { subject, .. } => *subject,
    };
    is_of_kind(asked, identifier.kind().kind(), subject)
}

fn is_of_kind(asked: TokenKind, kind: TokenKind, subject: SubjectKind) -> bool {
    let proves = asked == TokenKind::Identity && kind == TokenKind::Access && subject == SubjectKind::Provider;
    asked == kind || proves
}

/// Whether a token that does not serve is judged by its caveats before that is told.
fn is_judged_first(asked: TokenKind, identifier: &Identifier<'_>) -> bool {
    asked == TokenKind::Identity && identifier.kind() == TokenType::Access
}

/// How many bytes of a third party's location are told. It is not signed, and may be as long as a packet.
const LONGEST_LOCATION: usize = 200;

/// Reads caveats as a decision needs them, all or none.
#[expect(single_use_lifetimes, reason = "a lifetime in an `impl Trait` has to have a name")]
pub(super) fn read_caveats<'a>(
    mut caveats: impl Iterator<Item = macaroon::Caveat<'a>>,
) -> Result<Vec<Caveat>, UnreadableCaveat> {
    caveats.try_fold(Vec::new(), |mut read, caveat| {
        if let Some(third_party) = caveat.third_party {
            let location = third_party.location.get(..LONGEST_LOCATION).unwrap_or(third_party.location);
            return Err(UnreadableCaveat::ThirdParty(printable(location)));
        }
        read.push(Caveat::parse(caveat.cid).map_err(|error| UnreadableCaveat::new(caveat.cid, error))?);
        Ok(read)
    })
}

/// Takes off a token's text which service of a provider it is handed on by, `opw-` or `opp-` before it. Not authenticated.
#[must_use]
pub fn split_service(text: &str) -> (Option<ServiceType>, &str) {
    for (prefix, service) in [("opw-", ServiceType::OpWorker), ("opp-", ServiceType::OpPanel)] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (Some(service), rest);
        }
    }
    (None, text)
}
