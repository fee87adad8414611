//! Rows to records and back.

use std::fmt::Write as _;

use tokio_postgres::Row;

use super::fault::Fault;
use super::schema::SHARDS;
use crate::caveat::{self, Caveat, TokenKind};
use crate::model::{
    FullName, KeyId, PasswordHash, SubjectKind, Token, TokenForm, TokenId, TokenName, TokenSecret, User, UserId,
    UserName,
};
use crate::store::{AuditAction, AuditRow, Chain, Change, SealedKey, Topic};

/// The database's integers have a sign.
pub(super) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many rows a statement may give.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads a number that has no sign here.
pub(super) fn number(row: &Row, column: usize) -> Result<u64, Fault> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| Fault::Corrupt("number"))
}

/// As [`number`], of a column that may be empty.
pub(super) fn maybe_number(row: &Row, column: usize) -> Result<Option<u64>, Fault> {
    row.try_get::<_, Option<i64>>(column)?
        .map(|number| u64::try_from(number).map_err(|_| Fault::Corrupt("number")))
        .transpose()
}

/// Reads a hash.
pub(super) fn hash(row: &Row, column: usize) -> Result<[u8; 32], Fault> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|_| Fault::Corrupt("hash"))
}

/// The place of a token among those that the table is spread over: of its last byte, which is random in each kind of identifier.
pub(super) fn shard(id: &TokenId) -> i16 {
    id.as_bytes().last().map_or(0, |byte| i16::from(byte % SHARDS))
}

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

fn caveats_from_text(text: &str) -> Option<Vec<Caveat>> {
    text.lines().map(|line| Caveat::parse(line.as_bytes()).ok()).collect()
}

/// The columns `key` and `sealed`.
pub(super) fn secret(secret: &TokenSecret) -> (&KeyId, Option<&[u8]>) {
    match secret {
        TokenSecret::Derived(key) => (key, None),
        TokenSecret::Imported { sealed_by, sealed } => (sealed_by, Some(sealed)),
    }
}

pub(super) fn form(form: TokenForm) -> &'static str {
    match form {
        TokenForm::Bare => "",
        TokenForm::Structured(kind) => kind.abbreviation(),
    }
}

pub(super) fn kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "act",
        TokenKind::Identity => "idn",
        TokenKind::Invite => "inv",
    }
}

/// When a token was made, unless its identifier tells.
pub(super) fn told_created_ms(token: &Token) -> Option<i64> {
    (token.id.time_ms() != token.created_ms).then_some(big(token.created_ms))
}

pub(super) fn expires_s(token: &Token) -> Option<i64> {
    caveat::valid_until(&token.caveats).map(big)
}

/// The columns `kind` and `id` of a change.
pub(super) fn topic(topic: &Topic) -> (&'static str, &[u8]) {
    match topic {
        Topic::Token(id) => ("token", id.as_bytes()),
        Topic::User(id) => ("user", id.as_bytes()),
        Topic::Keys | Topic::Everything => ("keys", &[]),
    }
}

pub(super) fn token_id(row: &Row, column: usize) -> Result<TokenId, Fault> {
    TokenId::from_bytes(row.try_get(column)?).map_err(|_| Fault::Corrupt("token"))
}

pub(super) fn user_id(row: &Row, column: usize) -> Result<UserId, Fault> {
    row.try_get::<_, &[u8]>(column)?.try_into().map(UserId::from_bytes).map_err(|_| Fault::Corrupt("user"))
}

fn maybe_user_id(row: &Row, column: usize) -> Result<Option<UserId>, Fault> {
    let bytes = row.try_get::<_, Option<&[u8]>>(column)?;
    bytes.map(|bytes| bytes.try_into().map(UserId::from_bytes)).transpose().map_err(|_| Fault::Corrupt("user"))
}

pub(super) fn key_id(row: &Row, column: usize) -> Result<KeyId, Fault> {
    row.try_get::<_, &[u8]>(column)?.try_into().map(KeyId::from_bytes).map_err(|_| Fault::Corrupt("key"))
}

/// In the order of [`super::tokens::COLUMNS`].
pub(super) fn token(row: &Row) -> Result<Token, Fault> {
    let id = token_id(row, 0)?;
    let user = user_id(row, 1)?;
    let key = key_id(row, 2)?;
    let name = text_or_null(row, 3)?.map(TokenName::parse);
    let caveats = caveats_from_text(row.try_get(4)?);
    let revoked_ms = maybe_number(row, 5)?;
    let form = match row.try_get::<_, &str>(6)? {
        "" => Some(TokenForm::Bare),
        subject => SubjectKind::from_abbreviation(subject).map(TokenForm::Structured),
    };
    let kind = match row.try_get::<_, &str>(7)? {
        "act" => Some(TokenKind::Access),
        "idn" => Some(TokenKind::Identity),
        _ => None,
    };
    let metadata = row.try_get(8)?;
    let created_ms = maybe_number(row, 9)?.unwrap_or_else(|| id.time_ms());
    let last_used_day = row.try_get::<_, Option<i32>>(10)?.map(u32::try_from).transpose();
    let secret = match row.try_get::<_, Option<Vec<u8>>>(11)? {
        None => TokenSecret::Derived(key),
        Some(sealed) => TokenSecret::Imported { sealed_by: key, sealed },
    };
    let parts = (|| {
        let name = name.transpose().ok()?;
        let (form, kind, caveats, last_used_day) = (form?, kind?, caveats?, last_used_day.ok()?);
        Some(Token { id, user, secret, form, kind, name, caveats, metadata, created_ms, revoked_ms, last_used_day })
    })();
    parts.ok_or(Fault::Corrupt("token"))
}

/// In the order of [`super::users::COLUMNS`].
pub(super) fn user(row: &Row) -> Result<User, Fault> {
    let id = user_id(row, 0)?;
    let name = text_or_null(row, 1)?.map(UserName::parse);
    let full_name = FullName::parse(row.try_get(2)?);
    let password: String = row.try_get(3)?;
    let blocked = row.try_get(4)?;
    let created_ms = number(row, 5)?;
    let version = number(row, 6)?;
    let kind = SubjectKind::from_abbreviation(row.try_get(7)?);
    let basic_auth = row.try_get(8)?;
    let privileges = row.try_get::<_, &str>(9)?.parse();
    let generation = number(row, 10)?;
    let parts = (|| {
        Some(User {
            id,
            kind: kind?,
            name: name.transpose().ok()?,
            full_name: full_name.ok()?,
            password: Some(password).filter(|hash| !hash.is_empty()).map(PasswordHash::new),
            basic_auth,
            blocked,
            privileges: privileges.ok()?,
            generation,
            created_ms,
            version,
        })
    })();
    parts.ok_or(Fault::Corrupt("user"))
}

/// Names are kept as bytes.
fn text_or_null(row: &Row, column: usize) -> Result<Option<&str>, Fault> {
    row.try_get::<_, Option<&[u8]>>(column)?.map(str::from_utf8).transpose().map_err(|_| Fault::Corrupt("name"))
}

pub(super) fn sealed_key(row: &Row) -> Result<SealedKey, Fault> {
    Ok(SealedKey {
        id: key_id(row, 0)?,
        sealed_by: key_id(row, 1)?,
        sealed: row.try_get(2)?,
        created_ms: number(row, 3)?,
        retired_ms: maybe_number(row, 4)?,
    })
}

pub(super) fn chain(row: &Row, column: usize) -> Result<Chain, Fault> {
    Chain::parse(row.try_get(column)?).ok_or(Fault::Corrupt("chain"))
}

pub(super) fn change(row: &Row) -> Result<Change, Fault> {
    let id: &[u8] = row.try_get(3)?;
    let topic = match row.try_get::<_, &str>(2)? {
        "token" => TokenId::from_bytes(id).ok().map(Topic::Token),
        "user" => id.try_into().ok().map(UserId::from_bytes).map(Topic::User),
        "keys" => Some(Topic::Keys),
        _ => None,
    };
    Ok(Change { chain: chain(row, 0)?, seq: number(row, 1)?, topic: topic.ok_or(Fault::Corrupt("change"))? })
}

/// A row of the named chain.
pub(super) fn audit_row(chain: &Chain, row: &Row) -> Result<AuditRow, Fault> {
    let token = row.try_get::<_, Option<&[u8]>>(5)?.map(TokenId::from_bytes).transpose();
    Ok(AuditRow {
        chain: chain.clone(),
        seq: number(row, 0)?,
        at_ms: number(row, 1)?,
        action: AuditAction::from_name(row.try_get(2)?).ok_or(Fault::Corrupt("audit row"))?,
        actor: maybe_user_id(row, 3)?,
        user: maybe_user_id(row, 4)?,
        token: token.map_err(|_| Fault::Corrupt("audit row"))?,
        note: row.try_get(6)?,
        hash: hash(row, 7)?,
    })
}
