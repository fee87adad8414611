//! Statements about tokens.

use std::iter;
use std::sync::LazyLock;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Params, params, params_from_iter};

use super::batch::Batch;
use super::error::{ReadError, is_unique_violation};
use super::execute::{all, at_once, execute};
use super::rows::{Inserts, Values};
use crate::command::Outcome;
use crate::records::{TOKEN, TOKEN_ID, token_columns};
use crate::sql::{Value, delete_token, good_token};
use crate::transaction::users;
use crate::{
    Actor, Changed, Inserted, ParentRow, Rotated, TokenChange, TokenFilter, TokenPage, TokenRow, TokenState,
    UserChange, Which, columns, statements,
};
use zonemint_base::model::{LastUse, Parent, Token, TokenId, TokenName, TokenUse, UserId};
use zonemint_telemetry::Label as _;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", token_columns!("user"), " FROM tokens WHERE deleted_ms IS NULL AND ", $rest)
    };
}

/// As [`TOKEN_ROW`](crate::records::TOKEN_ROW) reads all tokens, the deleted ones too.
pub(super) const DUMP_ALL: &str = concat!("SELECT ", token_columns!("user"), ", deleted_ms FROM tokens");
pub(super) const DUMP: &str =
    concat!("SELECT ", token_columns!("user"), ", deleted_ms FROM tokens WHERE id > ? ORDER BY id LIMIT ?");

/// Columns of every token, in the order of [`give`].
macro_rules! insert_columns {
    () => {
        "id, user, key, name, caveats, revoked_ms, form, kind, metadata, created_ms, expires_s, sealed, parent, parent_generation"
    };
}
static INSERT: LazyLock<Inserts> = LazyLock::new(|| Inserts::new(concat!("tokens (", insert_columns!(), ")"), 14));

/// Adds a token, if its owner is there and not blocked.
pub(super) fn insert(batch: &mut Batch<'_>, token: &Token) -> rusqlite::Result<Inserted> {
    if !batch.is_active(token.user)? {
        return Ok(Inserted::OwnerGone);
    }
    insert_rows(batch, INSERT.of_at_most(1).1, &[token])
}

/// Adds tokens whose owners are there, without audit rows; says what became of each.
pub(super) fn insert_all(batch: &mut Batch<'_>, tokens: &[&Token]) -> rusqlite::Result<Vec<Inserted>> {
    let mut inserted = Vec::with_capacity(tokens.len());
    while inserted.len() < tokens.len() {
        let rest = &tokens[inserted.len()..];
        let (rows, sql) = INSERT.of_at_most(rest.len());
        let outcome = insert_rows(batch, sql, &rest[..rows])?;
        // Those before the first that cannot be are there.
        let stored = if outcome == Inserted::Stored { rows } else { Inserts::rows_before_failure(batch.connection()) };
        inserted.extend(iter::repeat_n(Inserted::Stored, stored));
        if outcome != Inserted::Stored {
            inserted.push(outcome);
        }
    }
    Ok(inserted)
}

/// Runs one of [`INSERT`]; nothing is inserted from the first token on that cannot be.
fn insert_rows(batch: &mut Batch<'_>, sql: &'static str, tokens: &[&Token]) -> rusqlite::Result<Inserted> {
    let mut values = Values::of(batch.at_hand(sql)?);
    for token in tokens {
        give(&mut values, token)?;
    }
    match values.execute() {
        Ok(_) => Ok(Inserted::Stored),
        Err(error) if is_unique_violation(&error, "tokens.id") => Ok(Inserted::IdTaken),
        Err(error) if is_unique_violation(&error, "tokens.name") => Ok(Inserted::NameTaken),
        Err(error) => Err(error),
    }
}

/// Writes the pages that a mint writes: a row comes and goes within the transaction.
pub(super) fn prove(connection: &Connection) -> rusqlite::Result<()> {
    // After all identifiers, which begin with the time, as the next one will be. No identifier is as short.
    let insert = "INSERT INTO tokens (id, user, key, caveats, form, kind, parent_generation) VALUES (x'ff', x'', x'', '', '', '', 0)";
    connection.prepare_cached(insert)?.execute([])?;
    connection.prepare_cached("DELETE FROM tokens WHERE id = x'ff'")?.execute([])?;
    Ok(())
}

/// Writes a whole token, unless it is there.
pub(super) fn load(connection: &Connection, TokenRow { token, deleted_ms }: &TokenRow) -> rusqlite::Result<()> {
    let sql = concat!(
        "INSERT INTO tokens (",
        insert_columns!(),
        ", last_used_day, deleted_ms, last_use_minute, last_use_network, last_use_service)
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING"
    );
    let last_use = token.last_use.as_ref();
    let mut statement = connection.prepare_cached(sql)?;
    let mut values = Values::of(&mut statement);
    give(&mut values, token)?;
    values.give(token.last_used_day)?;
    values.give(deleted_ms)?;
    values.give(last_use.map(|last| last.minute))?;
    values.give(last_use.and_then(|last| last.network.as_deref()))?;
    values.give(last_use.and_then(|last| last.service.as_deref()))?;
    values.execute().map(drop)
}

/// Gives the values of [`insert_columns`].
fn give(values: &mut Values<'_, '_>, token: &Token) -> rusqlite::Result<()> {
    let (key, sealed) = columns::secret(&token.secret);
    let (parent, generation) = columns::parent(token.parent.as_ref());
    values.give(token.id.as_bytes())?;
    values.give(token.user.as_bytes())?;
    values.give(key.as_bytes())?;
    values.give(token.name.as_ref().map(TokenName::as_str))?;
    values.give(columns::caveats_to_text(&token.caveats))?;
    values.give(token.revoked_ms)?;
    values.give(columns::form(token.form))?;
    values.give(columns::kind(token.kind))?;
    values.give(token.metadata.as_deref())?;
    values.give(columns::stored_created_ms(token))?;
    values.give(columns::expires_s(token))?;
    values.give(sealed)?;
    values.give(parent)?;
    values.give(generation)
}

/// Notes which token has made a temporary one, if its owner is there and has this generation.
pub(super) fn audit_temporary_token(
    connection: &Connection,
    user: UserId,
    generation: u64,
    by: Actor,
) -> rusqlite::Result<Inserted> {
    let sql = "SELECT 1 FROM users WHERE id = ? AND generation = ? AND removed_ms IS NULL AND blocked = 0";
    if !connection.prepare_cached(sql)?.exists(params![user.as_bytes(), generation])? {
        return Ok(Inserted::OwnerGone);
    }
    if let Some(parent) = by.parent().filter(|parent| *parent != Parent::Generation(user, generation)) {
        execute(connection, &statements::parents::load(&ParentRow { parent, owner: user, generation }))?;
    }
    Ok(Inserted::Stored)
}

pub(super) fn by_id(connection: &Connection, id: TokenId) -> Result<Option<Token>, ReadError> {
    Ok(all(connection, select!("id = ?"), [id.as_bytes()], &TOKEN)?.pop())
}

pub(super) fn by_name(connection: &Connection, user: UserId, name: &TokenName) -> Result<Option<Token>, ReadError> {
    let sql = select!("user = ? AND name = ?");
    Ok(all(connection, sql, params![user.as_bytes(), name.as_str()], &TOKEN)?.pop())
}

/// Looks at a user's tokens, newest first; says of each whether it is shown.
macro_rules! look {
    ($shown:literal) => {
        concat!(
            "SELECT ",
            token_columns!("user"),
            ", CASE WHEN deleted_ms IS NULL AND ",
            $shown,
            " THEN 1 ELSE 0 END FROM tokens WHERE user = ?1 AND id < ?2 ORDER BY id DESC"
        )
    };
}

/// Client tokens have the longest identifiers, and tokens of another service no name.
pub(super) fn client_tokens_of(
    connection: &Connection,
    user: UserId,
    at_ms: u64,
    before: Option<TokenId>,
    most: (usize, usize),
) -> Result<TokenPage, ReadError> {
    let sql = look!("(revoked_ms IS NULL OR revoked_ms > ?3) AND form = ''");
    look(connection, sql, params![user.as_bytes(), columns::upper(before.as_ref()), at_ms], most)
}

/// Takes tokens that are shown, at most `limit`, from at most `look`.
fn look(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    (limit, look): (usize, usize),
) -> Result<TokenPage, ReadError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let (mut page, mut seen) = (TokenPage::default(), 0);
    while let Some(row) = rows.next()? {
        seen += 1;
        if row.get(17)? {
            page.tokens.push(TOKEN.of(row)?);
        }
        if page.tokens.len() == limit || seen == look {
            page.next = Some(TOKEN_ID.of(row)?);
            break;
        }
    }
    Ok(page)
}

pub(super) fn page(
    connection: &Connection,
    user: UserId,
    filter: &TokenFilter,
    before: Option<TokenId>,
    most: (usize, usize),
) -> Result<TokenPage, ReadError> {
    let sql = look!(
        "(?3 IS NULL
              OR ?3 = 'revoked' AND coalesce(revoked_ms <= ?4 * 1000, 0)
              OR ?3 = 'expired' AND coalesce(revoked_ms > ?4 * 1000, 1) AND expires_s <= ?4
              OR ?3 = 'active' AND coalesce(revoked_ms > ?4 * 1000, 1) AND coalesce(expires_s > ?4, 1))
         AND (?5 IS NULL OR instr(lower(name), ?5))
         AND (?6 IS NULL OR expires_s < ?6)
         AND (?7 IS NULL OR CASE WHEN created_ms IS NULL THEN id >= ?8 ELSE created_ms >= ?7 END)"
    );
    let (state, now) = filter.state.unzip();
    let state = state.map(TokenState::value);
    let created_from = filter.created_from.map(|ms| ms.min(TokenId::LATEST_MS));
    let parameters = params![
        user.as_bytes(),
        columns::upper(before.as_ref()),
        state,
        now,
        filter.name.as_ref().map(|name| name.to_ascii_lowercase()),
        filter.expires_before.map(|s| i64::try_from(s).unwrap_or(i64::MAX)),
        created_from,
        created_from.map(TokenId::first_bytes),
    ];
    look(connection, sql, parameters, most)
}

pub(super) fn named_of(
    connection: &Connection,
    user: UserId,
    after: Option<&TokenName>,
    limit: usize,
) -> Result<TokenPage, ReadError> {
    let sql = select!("user = ? AND name > ? ORDER BY name LIMIT ?");
    let parameters = params![user.as_bytes(), after.map_or("", TokenName::as_str), limit];
    Ok(TokenPage { tokens: all(connection, sql, parameters, &TOKEN)?, next: None })
}

pub(super) fn named(connection: &Connection, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, ReadError> {
    let sql = "SELECT id FROM tokens WHERE name IS NOT NULL AND deleted_ms IS NULL AND id > ?
               AND EXISTS (SELECT 1 FROM users WHERE users.id = tokens.user AND removed_ms IS NULL) ORDER BY id LIMIT ?";
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    all(connection, sql, params![after, limit], &TOKEN_ID)
}

pub(super) fn change(
    connection: &Connection,
    owner: UserId,
    id: TokenId,
    change: &TokenChange,
    at_ms: u64,
) -> rusqlite::Result<Outcome> {
    let sql = "SELECT coalesce(revoked_ms <= ?, 0) FROM tokens WHERE id = ? AND user = ? AND deleted_ms IS NULL";
    let keys = params![at_ms, id.as_bytes(), owner.as_bytes()];
    let was_revoked: Option<bool> = connection.prepare_cached(sql)?.query_row(keys, |row| row.get(0)).optional()?;
    let Some(was_revoked) = was_revoked else { return Ok(Outcome::Changed(Changed::NotFound)) };
    if change.name.is_some() || change.metadata.is_some() {
        let sql = "UPDATE tokens SET name = coalesce(?, name), metadata = coalesce(?, metadata) WHERE id = ?";
        let parameters = params![change.name.as_ref().map(TokenName::as_str), change.metadata, id.as_bytes()];
        connection.prepare_cached(sql)?.execute(parameters)?;
    }
    let revoked = change.revoked.filter(|revoked| *revoked != was_revoked);
    if revoked == Some(false) && !at_once(users::has_room(connection, &owner, change.most))? {
        return Ok(Outcome::Changed(Changed::TooMany));
    }
    if let Some(revoked) = revoked {
        let sql = "UPDATE tokens SET revoked_ms = ? WHERE id = ?";
        connection.prepare_cached(sql)?.execute(params![revoked.then_some(Token::AT_ONCE), id.as_bytes()])?;
    }
    Ok(Outcome::TokenChanged { revoked })
}

pub(super) fn delete(connection: &Connection, owner: UserId, id: TokenId, at_ms: u64) -> rusqlite::Result<Outcome> {
    let sql = concat!("UPDATE tokens SET ", delete_token!("?"), " WHERE id = ? AND user = ? AND deleted_ms IS NULL");
    let deleted = connection.prepare_cached(sql)?.execute(params![at_ms, id.as_bytes(), owner.as_bytes()])?;
    Ok(Outcome::of_rows(deleted as u64))
}

pub(super) fn delete_named(
    connection: &Connection,
    owner: UserId,
    limit: usize,
    at_ms: u64,
) -> rusqlite::Result<Vec<TokenId>> {
    let sql = "SELECT id FROM tokens WHERE user = ? AND name IS NOT NULL AND deleted_ms IS NULL LIMIT ?";
    let found = ids(connection, sql, params![owner.as_bytes(), limit])?;
    let sql = concat!("UPDATE tokens SET ", delete_token!("?"), " WHERE id = ?");
    let mut statement = connection.prepare_cached(sql)?;
    for id in &found {
        statement.execute(params![at_ms, id.as_bytes()])?;
    }
    Ok(found)
}

pub(super) fn revoke(
    connection: &Connection,
    owner: UserId,
    which: &Which,
    limit: usize,
    at_ms: u64,
) -> rusqlite::Result<Outcome> {
    const GOOD: &str = concat!("SELECT id FROM tokens WHERE user = ? AND ", good_token!("?"));
    let found = match which {
        Which::All => ids(connection, &format!("{GOOD} LIMIT ?"), params![owner.as_bytes(), at_ms, limit])?,
        Which::IssuedBefore(ms) => {
            let sql = format!("{GOOD} AND CASE WHEN created_ms IS NULL THEN id < ? ELSE created_ms < ? END LIMIT ?");
            let ms = (*ms).min(TokenId::LATEST_MS);
            ids(connection, &sql, params![owner.as_bytes(), at_ms, TokenId::first_bytes(ms), ms, limit])?
        }
        Which::Ids(wanted) => {
            let marks = vec!["?"; wanted.len()].join(",");
            let keys = [Value::id(&owner), Value::number(at_ms)];
            let values = keys.into_iter().chain(wanted.iter().map(|id| Value::bytes(id.as_bytes())));
            ids(connection, &format!("{GOOD} AND id IN ({marks})"), params_from_iter(values))?
        }
    };
    let mut statement = connection.prepare_cached("UPDATE tokens SET revoked_ms = ? WHERE id = ?")?;
    for id in &found {
        statement.execute(params![Token::AT_ONCE, id.as_bytes()])?;
    }
    let ended_generation = which.ends_generation(found.len(), limit)
        && at_once(users::update(connection, owner, &UserChange::Generation, None, at_ms))? > 0;
    Ok(Outcome::Revoked { tokens: found, ended_generation })
}

pub(super) fn rotate(batch: &mut Batch<'_>, old: &Rotated, new: &Token, at_ms: u64) -> rusqlite::Result<Changed> {
    let sql = concat!(
        "UPDATE tokens SET name = ?1, revoked_ms = min(coalesce(revoked_ms, ?2), ?2) WHERE id = ?3 AND user = ?4 AND ",
        good_token!("?5")
    );
    let name = old.name.as_ref().map(TokenName::as_str);
    let parameters = params![name, old.revoked_ms, old.id.as_bytes(), new.user.as_bytes(), at_ms];
    if batch.connection().prepare_cached(sql)?.execute(parameters)? == 0 {
        return Ok(Changed::NotFound);
    }
    if !at_once(users::has_room(batch.connection(), &new.user, old.most))? {
        return Ok(Changed::TooMany);
    }
    Ok(insert(batch, new)?.into())
}

/// Of two uses the later one counts.
pub(super) fn touch(connection: &Connection, used: &[TokenUse]) -> rusqlite::Result<()> {
    let sql = "UPDATE tokens SET last_used_day = max(coalesce(last_used_day, 0), ?2),
                   last_use_minute = coalesce(?3, last_use_minute),
                   last_use_network = CASE WHEN ?3 IS NULL THEN last_use_network ELSE ?4 END,
                   last_use_service = CASE WHEN ?3 IS NULL THEN last_use_service ELSE ?5 END
               WHERE id = ?1 AND CASE WHEN ?3 IS NULL THEN coalesce(last_used_day < ?2, 1)
                                  ELSE coalesce(last_use_minute < ?3, 1) END";
    let mut statement = connection.prepare_cached(sql)?;
    for TokenUse { token, day, last } in used {
        let (minute, network, service) = match last {
            Some(LastUse { minute, network, service }) => (Some(minute), network.as_deref(), service.as_deref()),
            None => (None, None, None),
        };
        statement.execute(params![token.as_bytes(), day, minute, network, service])?;
    }
    Ok(())
}

fn ids(connection: &Connection, sql: &str, parameters: impl Params) -> rusqlite::Result<Vec<TokenId>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(parameters, |row| {
        let id = row.get_ref(0)?.as_blob()?;
        TokenId::from_bytes(id)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))
    })?;
    rows.collect()
}
