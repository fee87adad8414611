//! Records as both engines read them. Each says in which order it takes the columns.

use super::row::{Columns, Corrupt, Kind, Read, Unreadable};
use super::{
    AuditAction, AuditRow, Chain, Change, Cursor, Head, Kin, SealedKey, SealedSecret, TokenCount, TokenRow, UserRow,
};
use super::{columns, user_names};
use zonemint_base::model::{FullName, Parent, PasswordHash, SubjectKind, Token, TokenId, TokenName, User, UserName};

/// In the order of [`token_columns`].
pub(super) static TOKEN: Kind<Token> = Kind::new("token", token);
/// A token, and when it was deleted.
pub(super) static TOKEN_ROW: Kind<TokenRow> =
    Kind::new("token", |row| Ok(TokenRow { token: token(row)?, deleted_ms: row.number_or_null(17)? }));
pub(super) static TOKEN_ID: Kind<TokenId> = Kind::new("token", |row| row.token_id(0));
/// A token as a member of a family: its identifier, its owner, and whether it is good.
pub(super) static KIN: Kind<Kin> = Kind::new("token", |row| {
    Ok(Kin { what: Parent::Token(row.token_id(0)?), owner: row.user_id(1)?, is_good: row.flag(2)? })
});
/// A generation of temporary tokens as a member of a family: its owner, its number, and whether it is not ended.
pub(super) static GENERATION: Kind<Kin> = Kind::new("user", |row| {
    let owner = row.user_id(0)?;
    Ok(Kin { what: Parent::Generation(owner, row.number(1)?), owner, is_good: row.flag(2)? })
});
/// A token's identifier, the key that seals its secret, and the sealed secret.
pub(super) static SECRET: Kind<SealedSecret> = Kind::new("token", |row| {
    Ok(SealedSecret { token: row.token_id(0)?, sealed_by: row.key_id(1)?, sealed: row.bytes(2)?.to_vec() })
});

/// In the order of [`user_columns`].
pub(super) static USER: Kind<User> = Kind::new("user", user);
/// A user, when it was removed, the hash and the end of its reset link, and how many tokens it has.
pub(super) static USER_ROW: Kind<UserRow> = Kind::new("user", |row| {
    let reset = columns::reset_from(row.hash_or_null(15)?, row.number_or_null(16)?);
    Ok(UserRow { user: user(row)?, removed_ms: row.number_or_null(14)?, reset, tokens: token_count(row, 17)? })
});
/// Of the columns `tokens_added` and `tokens_ended`.
pub(super) static TOKEN_COUNT: Kind<TokenCount> = Kind::new("user", |row| token_count(row, 0));

pub(super) static KEY: Kind<SealedKey> = Kind::new("key", |row| {
    Ok(SealedKey {
        id: row.key_id(0)?,
        sealed_by: row.key_id(1)?,
        sealed: row.bytes(2)?.to_vec(),
        created_ms: row.number(3)?,
        retired_ms: row.number_or_null(4)?,
        number: row.number_or_null(5)?,
    })
});

/// Of the columns `chain`, `seq`, `hash`, `at_ms`, `kind` and `id`.
pub(super) static CHANGE: Kind<Change> = Kind::new("change", |row| {
    let topic = columns::topic_from(row.text(4)?, row.bytes(5)?).ok_or(Unreadable)?;
    let Cursor { seq, hash } = row.cursor(1)?;
    Ok(Change { chain: row.chain(0)?, seq, at_ms: row.number(3)?, topic, hash })
});

/// Where a chain ends: its name, and the number and the hash of its last row.
pub(super) static HEAD: Kind<Head> =
    Kind::new("chain's last row", |row| Ok(Head { chain: row.chain(0)?, seq: row.number(1)?, hash: row.hash(2)? }));

/// What [`TOKEN`] reads. The column of the owner has another name in each engine.
macro_rules! token_columns {
    ($owner:literal) => {
        concat!(
            "id, ",
            $owner,
            ", key, name, caveats, revoked_ms, form, kind, metadata, created_ms, last_used_day, sealed, parent,
             parent_generation, last_use_minute, last_use_network, last_use_service"
        )
    };
}
pub(super) use token_columns;

fn token(row: &dyn Columns) -> Read<Token> {
    let id = row.token_id(0)?;
    let (network, service) = (row.text_or_null(15)?, row.text_or_null(16)?);
    Ok(Token {
        id,
        user: row.user_id(1)?,
        secret: columns::secret_from(row.key_id(2)?, row.bytes_or_null(11)?.map(<[u8]>::to_vec)),
        form: columns::form_from(row.text(6)?).ok_or(Unreadable)?,
        kind: columns::kind_from(row.text(7)?).ok_or(Unreadable)?,
        name: row.name(3)?.map(TokenName::parse).transpose()?,
        caveats: columns::caveats_from_text(row.text(4)?).ok_or(Unreadable)?,
        metadata: row.text_or_null(8)?.map(str::to_owned),
        created_ms: row.number_or_null(9)?.unwrap_or_else(|| id.time_ms()),
        revoked_ms: row.number_or_null(5)?,
        last_used_day: row.time(10)?,
        last_use: columns::last_use_from(row.time(14)?, network.map(str::to_owned), service.map(str::to_owned)),
        parent: columns::parent_from(row.bytes_or_null(12)?, row.number(13)?)?,
    })
}

fn token_count(row: &dyn Columns, at: usize) -> Read<TokenCount> {
    Ok(TokenCount { added: row.number(at)?, ended: row.integer(at + 1)?.ok_or(Unreadable)? })
}

fn user(row: &dyn Columns) -> Read<User> {
    let name = row.name(1)?.map(UserName::parse).transpose()?;
    Ok(User {
        id: row.user_id(0)?,
        kind: SubjectKind::from_abbreviation(row.text(7)?).ok_or(Unreadable)?,
        ignores_case: user_names::ignores_case(name.as_ref(), row.name(12)?),
        name,
        full_name: FullName::parse(row.text(2)?)?,
        password: Some(row.text(3)?).filter(|hash| !hash.is_empty()).map(|hash| PasswordHash::new(hash.to_owned())),
        basic_auth: row.flag(8)?,
        blocked: row.flag(4)?,
        privileges: row.text(9)?.parse()?,
        generation: row.number(10)?,
        created_ms: row.number(5)?,
        version: row.number(6)?,
        password_version: row.number(11)?,
        must_change: row.flag(13)?,
    })
}

/// A row of the named chain, of the columns `seq`, `at_ms`, `action`, `actor`, `user`, `token`, `note` and `hash`.
pub(super) fn audit_row(chain: &Chain, row: &dyn Columns) -> Result<AuditRow, Corrupt> {
    let read = || {
        Read::Ok(AuditRow {
            chain: chain.clone(),
            seq: row.number(0)?,
            at_ms: row.number(1)?,
            action: AuditAction::from_name(row.text(2)?).ok_or(Unreadable)?,
            actor: row.user_id_or_null(3)?,
            user: row.user_id_or_null(4)?,
            token: row.token_id_or_null(5)?,
            note: row.text_or_null(6)?.map(str::to_owned),
            hash: row.hash(7)?,
        })
    };
    read().map_err(|_| Corrupt("audit row"))
}
