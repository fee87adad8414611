//! Tokens as JSON.

#![expect(single_use_lifetimes, reason = "the derived schema names a type's lifetime once")]

use serde_json::Map;
use serde_json::value::RawValue;

use super::descendants::RevokedDescendants;
use crate::api::audit::may_see_networks;
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::extract::SignedIn;
use crate::schema::{CaveatObject, SubjectObject, TokenTypeObject};
use zonemint_base::model::{LastUse, SubjectKind, Token, TokenForm, TokenType};
use zonemint_caveat::{self as caveat, Caveat, TokenKind};
use zonemint_macaroon::{Limits, ParseError};
use zonemint_service::token::{MintError, Minted, VisibleToken};
use zonemint_store::Descendants;

/// A token's text, and its id, in the document. The text is that of the reference document, and can be read.
pub(crate) const EXAMPLE_TEXT: &str = "MDAxNWxvY2F00aW9uIG9uZXpvbmUKMDAzYmlkZW500aWZpZXIgSlVxNGFLVkJSTXVFN3FLbHNQVHlNX00lLeHpYZXNWdVFSMGNfMldpO\
     XFZNAowMDFhY2lkIHRpbWUgPCAxNTIyMzU4MzMzCjAwMmZzaWduYXR1cmUgv02ByyOA9802H02rPMB7Y9mIhDVAjYDmjAUjtrMs13znukK";
pub(crate) const EXAMPLE_TOKEN_ID: &str = "019a1f6cf8003c0f9d4b7a3c0e1f2a3bch7d21";

/// The tokens that operations on one token accept, in the document.
pub(super) const OWN_OR_MANAGED: &str =
    "For the caller's own tokens; with the privilege `oz_tokens_manage`, for all tokens.";

/// A token as Onezone shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenObject {
    id: String,
    name: Option<String>,
    #[schema(value_type = SubjectObject)]
    subject: Value,
    #[schema(value_type = TokenTypeObject)]
    r#type: Value,
    #[schema(value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
    metadata: TokenMetadata,
    revoked: bool,
    #[serde(rename = "lastUse")]
    last_use: Option<LastUseObject>,
    token: String,
}

/// When, from where and at which service a token was last used, as far as that is kept (`token.keep_last_use`).
#[derive(Serialize, ToSchema)]
#[schema(as = LastUse)]
pub(crate) struct LastUseObject {
    /// In Unix seconds, to the minute.
    minute: u64,
    /// The network of the client: a /24 of IPv4, or a /56 of IPv6. Null if that is not known.
    network: Option<String>,
    /// The service that it was used at, as `service` caveats name it, or the host behind a proxy that asked. Null if that is not known.
    service: Option<String>,
}

impl LastUseObject {
    /// One for the document.
    pub(crate) fn example() -> Self {
        let [network, service] = ["192.0.2.0/24", "ozw-onezone"].map(|text| Some(text.to_owned()));
        Self { minute: 1_795_521_600, network, service }
    }

    /// Of a stored token.
    pub(crate) fn of(token: &Token, services: &Services, caller: &SignedIn) -> Option<Self> {
        let LastUse { minute, network, service } = services.tokens.last_use(token)?.clone();
        let network = network.filter(|_| may_see_networks(caller, token.user));
        Some(Self { minute: u64::from(minute) * 60, network, service })
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenMetadata {
    /// Unix seconds.
    creation_time: u64,
    /// The owner's notes on the token.
    #[schema(value_type = Object)]
    custom: Box<RawValue>,
}

impl TokenObject {
    /// One for the document.
    pub(crate) fn example() -> Self {
        Self {
            id: EXAMPLE_TOKEN_ID.to_owned(),
            name: Some("nightly backup".to_owned()),
            subject: subject(SubjectKind::User, EXAMPLE_ID),
            r#type: TokenType::Access.to_json(),
            caveats: vec![json!({"type": "time", "validUntil": 1_800_000_000})],
            metadata: TokenMetadata { creation_time: 1_763_942_400, custom: RawValue::NULL.to_owned() },
            revoked: false,
            last_use: Some(LastUseObject::example()),
            token: EXAMPLE_TEXT.to_owned(),
        }
    }

    /// Shows a token with its text. If it is another account's, this is recorded in the audit trail.
    pub(crate) async fn shown(token: &VisibleToken, services: &Services, caller: &SignedIn) -> Result<Self> {
        let text = services.tokens.show(token, caller).await?;
        let custom = token.metadata.clone().unwrap_or_else(|| "{}".to_owned());
        Ok(Self {
            id: token.id.to_string(),
            name: token.name.as_ref().map(ToString::to_string),
            subject: subject(subject_kind(token), &token.user.to_string()),
            r#type: token_type(token.kind).to_json(),
            caveats: token.caveats.iter().map(Caveat::to_json).collect(),
            metadata: TokenMetadata {
                creation_time: token.created_ms / 1000,
                custom: RawValue::from_string(custom).map_err(|error| ApiError::Internal(error.to_string()))?,
            },
            revoked: services.tokens.is_revoked(token),
            last_use: LastUseObject::of(token, services, caller),
            token: text,
        })
    }
}

/// The kind of account of a token's subject.
pub(crate) fn subject_kind(token: &Token) -> SubjectKind {
    match token.form {
        TokenForm::Bare => SubjectKind::User,
        TokenForm::Structured(kind) => kind,
    }
}

/// A subject as JSON.
pub(crate) fn subject(kind: SubjectKind, id: &str) -> Value {
    json!({"type": kind.name(), "id": id})
}

/// The type of a stored token.
pub(crate) fn token_type(kind: TokenKind) -> TokenType {
    match kind {
        TokenKind::Identity => TokenType::Identity,
        // Invitations are never stored.
        TokenKind::Access | TokenKind::Invite => TokenType::Access,
    }
}

/// What came of making a token. Scripts take the last quoted string of the line: the token must be the last thing in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewToken<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    /// Unix seconds; null for a token without an end.
    valid_until: Option<u64>,
    #[schema(value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
    /// What was revoked with the old token, if the request asked for descendants.
    #[serde(flatten)]
    ended: RevokedDescendants,
    token: &'a str,
}

impl NewToken<'static> {
    /// One for the document.
    pub(crate) fn example(kept: bool) -> Self {
        let example = TokenObject::example();
        Self {
            token_id: kept.then_some(example.id),
            valid_until: Some(1_800_000_000),
            caveats: example.caveats,
            ended: RevokedDescendants::default(),
            token: EXAMPLE_TEXT,
        }
    }
}

/// The warning about caveats, for every kind of token.
pub(crate) const UNMEETABLE: &str = "`X-Warning` lists caveats on the bearer's location for which this server has no database; \
                                     the server refuses such a token.";

/// Errors of minting a token of any kind.
pub(crate) fn not_minted() -> Vec<ApiError> {
    let bounds = MintError::Bounds(ParseError::TooManyCaveats { limit: Limits::default().caveats });
    // Of an identity token.
    let unsupported = MintError::Unsupported(Caveat::DataReadonly);
    [MintError::OwnerGone, unsupported, bounds].map(ApiError::from).into()
}

/// 201 with a new token. Only a stored token has an id.
pub(crate) fn created(minted: &Minted, kept: bool) -> Result<Response> {
    answer_with(minted, kept, RevokedDescendants::default())
}

/// 201 with a token that replaces another one, and the descendants that ended with that one.
pub(crate) fn rotated(minted: &Minted, ended: Option<&Descendants>) -> Result<Response> {
    answer_with(minted, true, ended.map(RevokedDescendants::of).unwrap_or_default())
}

fn answer_with(minted: &Minted, kept: bool, ended: RevokedDescendants) -> Result<Response> {
    let answer = answer::json_with(
        StatusCode::CREATED,
        &NewToken {
            token_id: kept.then(|| minted.id.to_string()),
            valid_until: caveat::valid_until(&minted.caveats),
            caveats: minted.caveats.iter().map(Caveat::to_json).collect(),
            ended,
            token: &minted.text,
        },
    )?;
    Ok(answer::warn(answer, minted.warning.as_deref()))
}

/// Notes of a token's owner, as they are stored.
pub(crate) fn notes(custom: &Map<String, Value>) -> String {
    Value::Object(custom.clone()).to_string()
}
