//! How parts of records are kept in columns, in each engine alike: so that they can be read by the other one when they move.

use std::fmt::Write as _;

use super::{ResetLink, Topic};
use zonemint_base::model::{
    IdError, KeyId, LastUse, Parent, SubjectKind, Token, TokenForm, TokenId, TokenSecret, UserId,
};
use zonemint_caveat::{self as caveat, Caveat, TokenKind};

/// Caveats are kept as their texts, one a line: no caveat that we mint holds a control character.
pub(super) fn caveats_to_text(caveats: &[Caveat]) -> String {
    let mut text = String::new();
    for caveat in caveats {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "{caveat}");
    }
    text
}

pub(super) fn caveats_from_text(text: &str) -> Option<Vec<Caveat>> {
    text.lines().map(|line| Caveat::parse(line.as_bytes()).ok()).collect()
}

/// The columns `key` and `sealed`.
pub(super) fn secret(secret: &TokenSecret) -> (&KeyId, Option<&[u8]>) {
    match secret {
        TokenSecret::Derived(key) => (key, None),
        TokenSecret::Imported { sealed_by, sealed } => (sealed_by, Some(sealed)),
    }
}

pub(super) fn secret_from(key: KeyId, sealed: Option<Vec<u8>>) -> TokenSecret {
    match sealed {
        None => TokenSecret::Derived(key),
        Some(sealed) => TokenSecret::Imported { sealed_by: key, sealed },
    }
}

pub(super) fn form(form: TokenForm) -> &'static str {
    match form {
        TokenForm::Bare => "",
        TokenForm::Structured(kind) => kind.abbreviation(),
    }
}

pub(super) fn form_from(text: &str) -> Option<TokenForm> {
    match text {
        "" => Some(TokenForm::Bare),
        subject => SubjectKind::from_abbreviation(subject).map(TokenForm::Structured),
    }
}

pub(super) fn kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "act",
        TokenKind::Identity => "idn",
        TokenKind::Invite => "inv",
    }
}

/// Invitations are not kept.
pub(super) fn kind_from(text: &str) -> Option<TokenKind> {
    match text {
        "act" => Some(TokenKind::Access),
        "idn" => Some(TokenKind::Identity),
        _ => None,
    }
}

/// The columns `parent` and `parent_generation`.
pub(super) fn parent(parent: Option<&Parent>) -> (Option<&[u8]>, u64) {
    match parent {
        None => (None, 0),
        Some(Parent::Token(id)) => (Some(id.as_bytes()), 0),
        Some(Parent::Generation(owner, generation)) => (Some(owner.as_bytes()), *generation),
    }
}

/// Takes back what [`parent`] gave: generations are counted from 1 on.
pub(super) fn parent_from(parent: Option<&[u8]>, generation: u64) -> Result<Option<Parent>, IdError> {
    let parent = match (parent, generation) {
        (None, _) => return Ok(None),
        (Some(id), 0) => Parent::Token(TokenId::from_bytes(id)?),
        (Some(owner), generation) => Parent::Generation(UserId::from_slice(owner)?, generation),
    };
    Ok(Some(parent))
}

/// The columns `reset_hash`, which what ends a link takes away, and `reset_until_ms`.
pub(super) fn reset_from(hash: Option<[u8; 32]>, until_ms: Option<u64>) -> Option<ResetLink> {
    hash.zip(until_ms).map(|(hash, until_ms)| ResetLink { hash, until_ms })
}

/// The columns `last_use_minute`, `last_use_network` and `last_use_service`.
pub(super) fn last_use_from(minute: Option<u32>, network: Option<String>, service: Option<String>) -> Option<LastUse> {
    minute.map(|minute| LastUse { minute, network, service })
}

/// When a token was made, unless its identifier says it.
pub(super) fn stored_created_ms(token: &Token) -> Option<u64> {
    (token.id.time_ms() != token.created_ms).then_some(token.created_ms)
}

/// When a token ends. The engines' integers have a sign.
pub(super) fn expires_s(token: &Token) -> Option<i64> {
    caveat::valid_until(&token.caveats).map(|until| i64::try_from(until).unwrap_or(i64::MAX))
}

/// The columns `kind` and `id` of a change.
pub(super) fn topic(topic: &Topic) -> (&'static str, &[u8]) {
    match topic {
        Topic::Token(id) => ("token", id.as_bytes()),
        Topic::User(id) => ("user", id.as_bytes()),
        Topic::Keys | Topic::Everything => ("keys", &[]),
        Topic::Names => ("names", &[]),
    }
}

pub(super) fn topic_from(kind: &str, id: &[u8]) -> Option<Topic> {
    match kind {
        "token" => TokenId::from_bytes(id).ok().map(Topic::Token),
        "user" => UserId::from_slice(id).ok().map(Topic::User),
        "keys" => Some(Topic::Keys),
        "names" => Some(Topic::Names),
        _ => None,
    }
}

/// More than any identifier.
const BEYOND: [u8; TokenId::LONGEST + 1] = [0xff; TokenId::LONGEST + 1];

/// Where a list of tokens begins that is read from the newest on: before a token, or before all.
pub(super) fn upper(before: Option<&TokenId>) -> &[u8] {
    before.map_or(&BEYOND, TokenId::as_bytes)
}
