//! Minting: what is asked for, within what the caller may give.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::error::MintError;
use super::lifetime::Bound;
use super::metrics::MintedKind;
use super::remembered::Reading;
use super::service::TokenService;
use crate::caller::{Authority, Caller, Gains};
use zonemint_base::model::{
    Subject, SubjectKind, Token, TokenForm, TokenId, TokenName, TokenSecret, UserId, named_identifier,
    temporary_identifier,
};
use zonemint_caveat::{self as caveat, Caveat, Time, TokenKind};
use zonemint_macaroon::{Encoding, Macaroon, ParseError, RootSecret, TextError};
use zonemint_store::{Actor, Inserted};

/// What a token is asked to be. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MintRequest {
    /// When it ends, in seconds since the Unix epoch; by the settings when not given.
    pub valid_until: Option<u64>,
    /// Its name.
    pub name: Option<TokenName>,
    /// More caveats.
    pub caveats: Vec<Caveat>,
    /// How its text is written; by the settings when not given.
    pub encoding: Option<Encoding>,
}

/// What a named token is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRequest {
    /// Its name, which no other token of its subject has.
    pub name: TokenName,
    /// Access or identity.
    pub kind: TokenKind,
    /// Its caveats.
    pub caveats: Vec<Caveat>,
    /// Its owner's notes: the text of a JSON object.
    pub metadata: Option<String>,
    /// Whether it is revoked from the first.
    pub revoked: bool,
    /// How its text is written; by the settings when not given.
    pub encoding: Option<Encoding>,
}

/// What a temporary token is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryRequest {
    /// Access or identity.
    pub kind: TokenKind,
    /// Its caveats.
    pub caveats: Vec<Caveat>,
    /// How its text is written; by the settings when not given.
    pub encoding: Option<Encoding>,
}

/// A minted token: durable, and ready to be handed out.
pub struct Minted {
    /// Its identifier.
    pub id: TokenId,
    /// Its text, a secret.
    pub text: String,
    /// Its caveats.
    pub caveats: Vec<Caveat>,
    /// What its owner may not expect: [`TokenService::unmeetable`].
    pub warning: Option<String>,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TokenService {
    /// Mints a client token for `user`. The answer comes when it is durable.
    ///
    /// The caller's own caveats go into the token, so that minting never widens. All time caveats are said as one, the
    /// earliest.
    ///
    /// # Errors
    /// [`MintError`]; nothing was stored then.
    pub async fn mint(&self, user: UserId, request: MintRequest, by: &Caller) -> Result<Minted, MintError> {
        self.must_reach::<MintError>(user, Gains::Rights, by).await?;
        self.must_be_allowed(TokenKind::Access, SubjectKind::User, &request.caveats).await?;
        let (now_ms, born_ms) = (self.clock.now_ms(), self.clock.earliest_ms());
        let earliest_s = born_ms / 1_000;
        // An end among the caveats says as much as one that is asked for: `token.ttl` is for requests without either.
        let asked_end = request.valid_until.or_else(|| caveat::valid_until(&request.caveats));
        let valid_until = asked_end.unwrap_or(earliest_s + self.settings.ttl.s());
        let caveats: Vec<_> = by
            .authority()
            .caveats()
            .iter()
            .cloned()
            .chain([Caveat::Time(Time::until(valid_until))])
            .chain(request.caveats)
            .collect();
        // A client token is a user's, so with the caveat for services that prove who they are nobody could use it.
        let is_useless = |caveat: &&Caveat| !caveat.is_supported_by(TokenKind::Access) || **caveat == Caveat::Scope;
        if let Some(caveat) = caveats.iter().find(is_useless) {
            return Err(MintError::Unsupported(caveat.clone()));
        }
        // Shortened to the maximum where a caveat asks for more, as grid clients do; refused where `validUntil` does.
        let caveats =
            Bound::Client.apply(&self.settings, caveat::simplify(&caveats), request.valid_until, earliest_s)?;
        self.must_not_be_over(&caveats)?;
        let token = Token {
            id: TokenId::new(born_ms, &self.random),
            user,
            secret: TokenSecret::Derived(self.active_key()?),
            form: TokenForm::Bare,
            kind: TokenKind::Access,
            name: request.name,
            caveats,
            metadata: None,
            created_ms: born_ms,
            revoked_ms: None,
            last_used_day: None,
            last_use: None,
            parent: by.actor().parent(),
        };
        self.store_new(token, request.encoding, by.actor(), now_ms).await
    }

    /// Mints a named token for `subject`, with the caller's own caveats first; the others keep their order. The answer comes when it is
    /// durable.
    ///
    /// # Errors
    /// [`MintError`]; nothing was stored then.
    pub async fn create_named(
        &self,
        subject: Subject,
        request: NamedRequest,
        by: &Caller,
    ) -> Result<Minted, MintError> {
        self.create_bounded(subject, request, Bound::Named, by).await
    }

    /// As [`TokenService::create_named`], whatever `token.max_named_ttl` says: for the operator.
    ///
    /// # Errors
    /// [`MintError`]; nothing was stored then.
    pub async fn create_unlimited(&self, subject: Subject, request: NamedRequest) -> Result<Minted, MintError> {
        self.create_bounded(subject, request, Bound::Lifted, &Caller::operator()).await
    }

    async fn create_bounded(
        &self,
        subject: Subject,
        request: NamedRequest,
        bound: Bound,
        by: &Caller,
    ) -> Result<Minted, MintError> {
        self.must_reach::<MintError>(subject.id, Gains::Rights, by).await?;
        self.must_be_allowed(request.kind, subject.kind, &request.caveats).await?;
        let (now_ms, born_ms) = (self.clock.now_ms(), self.clock.earliest_ms());
        let asked_end = caveat::valid_until(&request.caveats);
        let caveats = inherited(by.authority(), request.caveats, request.kind)?;
        let caveats = bound.apply(&self.settings, caveats, asked_end, born_ms / 1_000)?;
        self.must_not_be_over(&caveats)?;
        let token = Token {
            id: TokenId::named(born_ms, &self.random),
            user: subject.id,
            secret: TokenSecret::Derived(self.active_key()?),
            form: TokenForm::Structured(subject.kind),
            kind: request.kind,
            name: Some(request.name),
            caveats,
            metadata: request.metadata,
            created_ms: born_ms,
            revoked_ms: request.revoked.then_some(Token::AT_ONCE),
            last_used_day: None,
            last_use: None,
            parent: by.actor().parent(),
        };
        self.store_new(token, request.encoding, by.actor(), now_ms).await
    }

    /// Mints a temporary token for `subject`, of which only the audit row is stored.
    ///
    /// # Errors
    /// [`MintError`]; nothing was minted then.
    pub async fn create_temporary(
        &self,
        subject: Subject,
        request: TemporaryRequest,
        by: &Caller,
    ) -> Result<Minted, MintError> {
        self.must_reach::<MintError>(subject.id, Gains::Rights, by).await?;
        let (now_ms, born_ms) = (self.clock.now_ms(), self.clock.earliest_ms());
        let TemporaryRequest { kind, caveats, encoding } = request;
        self.must_be_allowed(kind, subject.kind, &caveats).await?;
        let caveats = inherited(by.authority(), caveats, kind)?;
        let caveats = Bound::Temporary.apply(&self.settings, caveats, None, born_ms / 1_000)?;
        self.must_not_be_over(&caveats)?;
        let generation = self.generation(subject.id, Reading::Remembered).await?.ok_or(MintError::OwnerGone)?;
        let keyring = self.keyring();
        let secret =
            keyring.temporary_token_secret(self.active_key()?, subject.id, generation).ok_or(MintError::NoKey)?;
        let id = TokenId::named(born_ms, &self.random);
        let identifier = temporary_identifier(subject, generation, kind, id);
        let macaroon = self.build(&secret, &self.settings.domain, &identifier, &caveats)?;
        let text = self.write(&macaroon, encoding)?;
        match self.store.audit_temporary_token(subject.id, id, generation, by.actor(), now_ms).await? {
            Inserted::Stored => {
                self.metrics.minted.count(MintedKind::Temporary);
                Ok(Minted { id, text, warning: self.unmeetable(&caveats), caveats })
            }
            Inserted::OwnerGone | Inserted::NameTaken | Inserted::IdTaken | Inserted::TooMany => {
                Err(MintError::OwnerGone)
            }
        }
    }

    /// Refuses an end that is past by the latest time but not by a system clock that is behind. An end that is past by both was asked
    /// for.
    pub(super) fn must_not_be_over(&self, caveats: &[Caveat]) -> Result<(), MintError> {
        let is_over = |until: u64| until <= self.clock.latest_s() && until > self.clock.earliest_s();
        match caveat::valid_until(caveats).filter(|until| is_over(*until)).and_then(|_| self.clock.distrust()) {
            Some(distrust) => Err(MintError::OverAtOnce(distrust)),
            None => Ok(()),
        }
    }

    async fn store_new(
        &self,
        token: Token,
        encoding: Option<Encoding>,
        by: Actor,
        at_ms: u64,
    ) -> Result<Minted, MintError> {
        let text = self.new_text(&token, encoding)?;
        let (id, caveats, kind) = (token.id, token.caveats.clone(), MintedKind::of(token.form));
        let (user, name) = (token.user, token.name.clone());
        match self.insert_new(token, by, at_ms).await? {
            Inserted::Stored => {
                self.metrics.minted.count(kind);
                Ok(Minted { id, text, warning: self.unmeetable(&caveats), caveats })
            }
            Inserted::NameTaken => Err(self.name_taken(user, name.as_ref()).await),
            Inserted::TooMany => Err(MintError::TooMany),
            Inserted::OwnerGone | Inserted::IdTaken => Err(MintError::OwnerGone),
        }
    }

    /// Why a name cannot be had, once it is known to be taken.
    pub(super) async fn name_taken(&self, owner: UserId, name: Option<&TokenName>) -> MintError {
        let Some(name) = name else { return MintError::NameTaken };
        match self.store.token_by_name(owner, name).await {
            Ok(Some(token)) if self.is_revoked(&token) => MintError::NameOfRevoked,
            // That the name is taken is true whatever else is not known.
            Ok(_) | Err(_) => MintError::NameTaken,
        }
    }

    /// Mints a stored token's text again.
    ///
    /// # Errors
    /// [`MintError::NoKey`] when its root key is not there any more, [`MintError::CaveatsUnknown`] when it was taken over
    /// without its text.
    pub(super) fn text_of(&self, token: &Token) -> Result<String, MintError> {
        self.write(&self.macaroon_of(token)?, None)
    }

    /// The text of a token that is to be stored, which must fit in the usual encoding, too: in that it is shown later.
    pub(super) fn new_text(&self, token: &Token, encoding: Option<Encoding>) -> Result<String, MintError> {
        let macaroon = self.macaroon_of(token)?;
        let usual = self.write(&macaroon, None)?;
        if encoding.is_some() { self.write(&macaroon, encoding) } else { Ok(usual) }
    }

    fn macaroon_of(&self, token: &Token) -> Result<Macaroon, MintError> {
        if !token.caveats_are_known() {
            return Err(MintError::CaveatsUnknown);
        }
        let secret = self.keyring().secret(token).ok_or(MintError::NoKey)?;
        let (location, identifier) = match token.form {
            TokenForm::Bare => (&self.settings.location, token.id.to_string()),
            TokenForm::Structured(kind) => {
                (&self.settings.domain, named_identifier(Subject { kind, id: token.user }, token.kind, token.id))
            }
        };
        self.build(&secret, location, &identifier, &token.caveats)
    }

    fn build(
        &self,
        secret: &RootSecret,
        location: &str,
        identifier: &str,
        caveats: &[Caveat],
    ) -> Result<Macaroon, MintError> {
        if caveats.len() > self.limits.caveats {
            return Err(MintError::Bounds(ParseError::TooManyCaveats { limit: self.limits.caveats }));
        }
        let mut macaroon = Macaroon::mint(secret, location, identifier.as_bytes())?;
        let mut cid = String::new();
        for caveat in caveats {
            cid.clear();
            let _ = write!(cid, "{caveat}");
            if cid.len() > self.limits.caveat {
                return Err(MintError::Bounds(ParseError::CaveatTooLong { limit: self.limits.caveat }));
            }
            macaroon.narrow(cid.as_bytes())?;
        }
        Ok(macaroon)
    }

    fn write(&self, macaroon: &Macaroon, encoding: Option<Encoding>) -> Result<String, MintError> {
        let text = macaroon.to_text(encoding.unwrap_or_else(|| self.settings.alphabet.into()))?;
        if text.len() > self.limits.text {
            return Err(MintError::Bounds(ParseError::Text(TextError::TooLong { limit: self.limits.text })));
        }
        Ok(text)
    }
}

/// The caller's own caveats, then others; nothing said twice.
pub(super) fn inherited(
    authority: &Authority,
    caveats: Vec<Caveat>,
    kind: TokenKind,
) -> Result<Vec<Caveat>, MintError> {
    let mut said = HashSet::new();
    let all = authority.caveats().iter().cloned().chain(caveats);
    let all: Vec<Caveat> = all.filter(|caveat| said.insert(caveat.clone())).collect();
    match all.iter().find(|caveat| !caveat.is_supported_by(kind)) {
        Some(caveat) => Err(MintError::Unsupported(caveat.clone())),
        None => Ok(all),
    }
}
