//! Statements about tokens.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::operation::Stamp;
use super::readers::Readers;
use super::session::Parameters;
use super::{mints, records};
use crate::command::Outcome;
use crate::records::{TOKEN, token_columns};
use crate::sql::{delete_token, good_token};
use crate::transaction::users;
use crate::{Changed, Rotated, TokenChange, TokenFilter, TokenPage, TokenState, UserChange, Which, columns};
use zonemint_base::model::{Token, TokenId, TokenName, TokenUse, UserId};
use zonemint_telemetry::Label as _;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", token_columns!("owner"), " FROM tokens WHERE deleted_ms IS NULL AND ", $rest)
    };
}

/// As [`TOKEN_ROW`](crate::records::TOKEN_ROW) reads them, the deleted ones too, in the order of the table.
pub(super) const DUMP: &str = concat!(
    "SELECT ",
    token_columns!("owner"),
    ", deleted_ms FROM tokens WHERE (shard, id) > ($1, $2) ORDER BY shard, id LIMIT $3"
);

/// Changes the rows that are found, in the order of the table: so two nodes that change some of the same do not wait for one
/// another in a circle.
macro_rules! update_found {
    ($set:expr, $found:expr) => {
        concat!(
            "UPDATE tokens SET ",
            $set,
            " FROM (SELECT shard, id FROM tokens WHERE ",
            $found,
            " FOR UPDATE) AS found WHERE tokens.shard = found.shard AND tokens.id = found.id RETURNING tokens.id"
        )
    };
}

pub(super) async fn by_id(readers: &Readers, id: TokenId) -> Result<Option<Token>, Fault> {
    let sql = select!("shard = $1 AND id = $2");
    Ok(readers.all_of(sql, &[&records::shard(&id), &id.as_bytes()], &TOKEN).await?.pop())
}

pub(super) async fn by_name(readers: &Readers, user: UserId, name: &TokenName) -> Result<Option<Token>, Fault> {
    let sql = select!("owner = $1 AND name = $2");
    Ok(readers.all_of(sql, &[&user.as_bytes(), &name.as_str().as_bytes()], &TOKEN).await?.pop())
}

/// Looks at a user's tokens, newest first; gives those that are shown, and the last one that it may look at, with whether that is
/// shown. In one statement: between two, tokens may leave, and the second one would look further than the first.
macro_rules! look {
    ($shown:literal) => {
        concat!(
            "SELECT ",
            token_columns!("owner"),
            ", shown, place = $4 FROM (SELECT ",
            token_columns!("owner"),
            ", deleted_ms IS NULL AND coalesce(",
            $shown,
            ", false) AS shown, row_number() OVER (ORDER BY id DESC) AS place
             FROM tokens WHERE owner = $1 AND id < $2 ORDER BY id DESC LIMIT $4) AS seen
             WHERE shown OR place = $4 ORDER BY id DESC LIMIT $3"
        )
    };
}

/// Client tokens have the longest identifiers, and tokens of another service no name.
pub(super) async fn client_tokens_of(
    readers: &Readers,
    user: UserId,
    at_ms: u64,
    before: Option<TokenId>,
    most: (usize, usize),
) -> Result<TokenPage, Fault> {
    let sql = look!("(revoked_ms IS NULL OR revoked_ms > $5) AND form = ''");
    let (owner, upper) = (user.as_bytes(), columns::upper(before.as_ref()));
    let [limit, look] = [most.0, most.1].map(records::limit);
    shown(readers, sql, &[&owner, &upper, &limit, &look, &records::big(at_ms)], most.0).await
}

/// The page of what [`look`] gives. Only the last row may be one that is not shown.
async fn shown(readers: &Readers, sql: &str, parameters: &Parameters<'_>, limit: usize) -> Result<TokenPage, Fault> {
    let rows = readers.query(sql, parameters).await?;
    let mut page = TokenPage::default();
    let Some(last) = rows.last() else { return Ok(page) };
    for row in &rows {
        if row.try_get(17)? {
            page.tokens.push(TOKEN.of(row)?);
        }
    }
    let is_cut = page.tokens.len() == limit || last.try_get(18)?;
    page.next = if is_cut { Some(records::token_id(last)?) } else { None };
    Ok(page)
}

/// `translate` knows no locale: the case of ASCII letters alone does not count.
pub(super) async fn page(
    readers: &Readers,
    user: UserId,
    filter: &TokenFilter,
    before: Option<TokenId>,
    most: (usize, usize),
) -> Result<TokenPage, Fault> {
    let sql = look!(
        "($5::text IS NULL
          OR $5 = 'revoked' AND coalesce(revoked_ms <= $6, false)
          OR $5 = 'expired' AND coalesce(revoked_ms > $6, true) AND expires_s <= $7
          OR $5 = 'active' AND coalesce(revoked_ms > $6, true) AND coalesce(expires_s > $7, true))
         AND ($8::text IS NULL
              OR strpos(translate(convert_from(name, 'UTF8'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
                                  'abcdefghijklmnopqrstuvwxyz'), $8) > 0)
         AND ($9::bigint IS NULL OR expires_s < $9)
         AND ($10::bigint IS NULL OR CASE WHEN created_ms IS NULL THEN id >= $11::bytea ELSE created_ms >= $10 END)"
    );
    let [limit, look] = [most.0, most.1].map(records::limit);
    let (state, now) = filter.state.unzip();
    let state = state.map(TokenState::value);
    let created_from = filter.created_from.map(|ms| ms.min(TokenId::LATEST_MS));
    let first = created_from.map(TokenId::first_bytes);
    let parameters: &Parameters<'_> = &[
        &user.as_bytes(),
        &columns::upper(before.as_ref()),
        &limit,
        &look,
        &state,
        &now.map(|now_s| records::big(now_s.saturating_mul(1_000))),
        &now.map(records::big),
        &filter.name.as_ref().map(|name| name.to_ascii_lowercase()),
        &filter.expires_before.map(records::big),
        &created_from.map(records::big),
        &first.as_ref().map(<[u8; 6]>::as_slice),
    ];
    shown(readers, sql, parameters, most.0).await
}

pub(super) async fn named_of(
    readers: &Readers,
    user: UserId,
    after: Option<&TokenName>,
    limit: usize,
) -> Result<TokenPage, Fault> {
    let sql = select!("owner = $1 AND name > $2 ORDER BY name LIMIT $3");
    let after = after.map_or(&[][..], |name| name.as_str().as_bytes());
    let tokens = readers.all_of(sql, &[&user.as_bytes(), &after, &records::limit(limit)], &TOKEN).await?;
    Ok(TokenPage { tokens, next: None })
}

/// In the order of identifiers, each shard's from its own index; the shards are those of [`super::schema::SHARDS`].
pub(super) async fn named(readers: &Readers, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, Fault> {
    let sql = "SELECT found.id FROM generate_series(0, 15) AS place CROSS JOIN LATERAL (
                   SELECT id FROM tokens
                   WHERE shard = place::smallint AND name IS NOT NULL AND deleted_ms IS NULL AND id > $1
                   AND EXISTS (SELECT 1 FROM users WHERE users.id = tokens.owner AND removed_ms IS NULL)
                   ORDER BY id LIMIT $2
               ) AS found ORDER BY found.id LIMIT $2";
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    readers.all(sql, &[&after, &records::limit(limit)], records::token_id).await
}

pub(super) async fn change(
    batch: &Batch<'_>,
    owner: UserId,
    id: TokenId,
    change: &TokenChange,
    at_ms: u64,
) -> Result<Outcome, Fault> {
    let (shard, key) = (records::shard(&id), id.as_bytes());
    let sql = "SELECT coalesce(revoked_ms <= $1, false) FROM tokens
               WHERE shard = $2 AND id = $3 AND owner = $4 AND deleted_ms IS NULL FOR UPDATE";
    let found = batch.query(sql, &[&records::big(at_ms), &shard, &key, &owner.as_bytes()]).await?;
    let Some(found) = found.first() else { return Ok(Outcome::Changed(Changed::NotFound)) };
    let was_revoked: bool = found.try_get(0)?;
    if change.name.is_some() || change.metadata.is_some() {
        let sql = "UPDATE tokens SET name = coalesce($1, name), metadata = coalesce($2, metadata)
                   WHERE shard = $3 AND id = $4";
        let name = change.name.as_ref().map(|name| name.as_str().as_bytes());
        batch.execute(sql, &[&name, &change.metadata, &shard, &key]).await?;
    }
    let revoked = change.revoked.filter(|revoked| *revoked != was_revoked);
    if revoked == Some(false) && !users::has_room(batch, &owner, change.most).await? {
        return Ok(Outcome::Changed(Changed::TooMany));
    }
    if let Some(revoked) = revoked {
        let sql = "UPDATE tokens SET revoked_ms = $1 WHERE shard = $2 AND id = $3";
        let revoked_ms = revoked.then_some(records::big(Token::AT_ONCE));
        batch.execute(sql, &[&revoked_ms, &shard, &key]).await?;
    }
    Ok(Outcome::TokenChanged { revoked })
}

pub(super) async fn delete(batch: &Batch<'_>, owner: UserId, id: TokenId, at_ms: u64) -> Result<Outcome, Fault> {
    let sql = concat!(
        "UPDATE tokens SET ",
        delete_token!("$1"),
        " WHERE shard = $2 AND id = $3 AND owner = $4 AND deleted_ms IS NULL"
    );
    let (shard, key, owner) = (records::shard(&id), id.as_bytes(), owner.as_bytes());
    Ok(Outcome::of_rows(batch.execute(sql, &[&records::big(at_ms), &shard, &key, &owner]).await?))
}

pub(super) async fn delete_named(
    batch: &Batch<'_>,
    owner: UserId,
    limit: usize,
    at_ms: u64,
) -> Result<Vec<TokenId>, Fault> {
    let sql = update_found!(
        delete_token!("$1"),
        "owner = $2 AND name IS NOT NULL AND deleted_ms IS NULL ORDER BY shard, id LIMIT $3"
    );
    lock_owner(batch, owner).await?;
    let parameters = (records::big(at_ms), owner.as_bytes(), records::limit(limit));
    ids(&batch.query(sql, &[&parameters.0, &parameters.1, &parameters.2]).await?)
}

pub(super) async fn revoke(
    batch: &Batch<'_>,
    owner: UserId,
    which: &Which,
    limit: usize,
    now_ms: u64,
) -> Result<Outcome, Fault> {
    let (owner_key, at_ms, most) = (owner.as_bytes(), records::big(now_ms), records::limit(limit));
    let revoked_ms = records::big(Token::AT_ONCE);
    lock_owner(batch, owner).await?;
    let rows = match which {
        Which::All => {
            let sql = update_found!(
                "revoked_ms = $1",
                concat!("owner = $2 AND ", good_token!("$3"), " ORDER BY shard, id LIMIT $4")
            );
            batch.query(sql, &[&revoked_ms, &owner_key, &at_ms, &most]).await?
        }
        Which::IssuedBefore(ms) => {
            let sql = update_found!(
                "revoked_ms = $1",
                concat!(
                    "owner = $2 AND ",
                    good_token!("$3"),
                    " AND CASE WHEN created_ms IS NULL THEN id < $4 ELSE created_ms < $5 END ORDER BY shard, id LIMIT $6"
                )
            );
            let ms = (*ms).min(TokenId::LATEST_MS);
            let first = TokenId::first_bytes(ms);
            batch.query(sql, &[&revoked_ms, &owner_key, &at_ms, &first.as_slice(), &records::big(ms), &most]).await?
        }
        Which::Ids(wanted) => {
            let sql = update_found!(
                "revoked_ms = $1",
                concat!("owner = $2 AND ", good_token!("$3"), " AND id = ANY ($4::bytea[]) ORDER BY shard, id")
            );
            let wanted: Vec<_> = wanted.iter().map(TokenId::as_bytes).collect();
            batch.query(sql, &[&revoked_ms, &owner_key, &at_ms, &wanted]).await?
        }
    };
    let tokens = ids(&rows)?;
    let ended_generation = which.ends_generation(tokens.len(), limit)
        && users::update(batch, owner, &UserChange::Generation, None, now_ms).await? > 0;
    Ok(Outcome::Revoked { tokens, ended_generation })
}

/// Waits for what is being minted with the owner's tokens: a statement that began before would not see it.
async fn lock_owner(batch: &Batch<'_>, owner: UserId) -> Result<(), Fault> {
    batch.execute("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", &[&owner.as_bytes()]).await?;
    Ok(())
}

fn ids(rows: &[Row]) -> Result<Vec<TokenId>, Fault> {
    let mut ids = rows.iter().map(records::token_id).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

pub(super) async fn rotate(batch: &mut Batch<'_>, old: &Rotated, new: &Token, stamp: Stamp) -> Result<Changed, Fault> {
    let sql = concat!(
        "UPDATE tokens SET name = $1, revoked_ms = least(coalesce(revoked_ms, $2), $2)
         WHERE shard = $3 AND id = $4 AND owner = $5 AND ",
        good_token!("$6")
    );
    let name = old.name.as_ref().map(|name| name.as_str().as_bytes());
    let (shard, key, owner) = (records::shard(&old.id), old.id.as_bytes(), new.user.as_bytes());
    let (revoked_ms, at_ms) = (records::big(old.revoked_ms), records::big(stamp.1));
    if batch.execute(sql, &[&name, &revoked_ms, &shard, &key, &owner, &at_ms]).await? == 0 {
        return Ok(Changed::NotFound);
    }
    if !users::has_room(batch, &new.user, old.most).await? {
        return Ok(Changed::TooMany);
    }
    let answers = mints::insert(batch, std::slice::from_ref(new), stamp).await?;
    Ok(answers.first().map_or(Changed::NotFound, |inserted| (*inserted).into()))
}

/// Of two uses the later one counts. A token that a mint or a change has locked is left for its next use, so that this never waits.
pub(super) async fn touch(batch: &Batch<'_>, used: &[TokenUse]) -> Result<(), Fault> {
    let sql = "UPDATE tokens SET last_used_day = greatest(last_used_day, found.day),
                   last_use_minute = coalesce(found.minute, last_use_minute),
                   last_use_network = CASE WHEN found.minute IS NULL THEN last_use_network ELSE found.network END,
                   last_use_service = CASE WHEN found.minute IS NULL THEN last_use_service ELSE found.service END
               FROM (SELECT tokens.shard, tokens.id, v.day, v.minute, v.network, v.service
                     FROM unnest($1::smallint[], $2::bytea[], $3::integer[], $4::integer[], $5::text[], $6::text[])
                         AS v(shard, id, day, minute, network, service)
                     JOIN tokens ON tokens.shard = v.shard AND tokens.id = v.id
                     WHERE CASE WHEN v.minute IS NULL THEN coalesce(last_used_day < v.day, true)
                                ELSE coalesce(last_use_minute < v.minute, true) END
                     ORDER BY tokens.shard, tokens.id FOR UPDATE OF tokens SKIP LOCKED) AS found
               WHERE tokens.shard = found.shard AND tokens.id = found.id";
    // One statement changes no row twice.
    let mut latest = BTreeMap::<_, &TokenUse>::new();
    for used in used {
        let time = |used: &TokenUse| (used.day, used.last.as_ref().map(|last| last.minute));
        let known = latest.entry(used.token).or_insert(used);
        if time(known) < time(used) {
            *known = used;
        }
    }
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let lasts = || latest.values().map(|used| used.last.as_ref());
    let shards: Vec<_> = latest.keys().map(records::shard).collect();
    let ids: Vec<_> = latest.keys().map(TokenId::as_bytes).collect();
    let days: Vec<_> = latest.values().map(|used| number(used.day)).collect();
    let minutes: Vec<_> = lasts().map(|last| last.map(|last| number(last.minute))).collect();
    let networks: Vec<_> = lasts().map(|last| last?.network.as_deref()).collect();
    let services: Vec<_> = lasts().map(|last| last?.service.as_deref()).collect();
    batch.execute(sql, &[&shards, &ids, &days, &minutes, &networks, &services]).await?;
    Ok(())
}
