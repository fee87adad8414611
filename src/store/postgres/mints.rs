//! Mints, which come in numbers: those of a batch that stand next to one another are stored by one statement.

use std::collections::HashSet;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;

use super::batch::Batch;
use super::fault::Fault;
use super::operation::Stamp;
use super::records;
use crate::model::{Token, TokenId, TokenName, UserId};
use crate::store::{AuditAction, Inserted, columns};

/// The columns of tokens as arrays, one parameter each.
macro_rules! from_arrays {
    ($where:literal) => {
        concat!(
            "INSERT INTO tokens (shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms,
                                 expires_s, sealed, last_used_day, deleted_ms)
             SELECT shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms, expires_s, sealed,
                    last_used_day, deleted_ms
             FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::bigint[],
                         $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bytea[], $14::integer[],
                         $15::bigint[]) WITH ORDINALITY
             AS v(shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms, expires_s, sealed,
                  last_used_day, deleted_ms, place) ",
            $where
        )
    };
}

/// Of two with one name the first one gets it.
const INSERT: &str = from_arrays!(
    "WHERE EXISTS (SELECT 1 FROM users WHERE users.id = v.owner AND removed_ms IS NULL AND NOT blocked)
     ORDER BY place ON CONFLICT DO NOTHING RETURNING id"
);
/// Whole tokens, unless they are there.
pub(super) const LOAD: &str = from_arrays!("ORDER BY place ON CONFLICT (shard, id) DO NOTHING");

/// Why a token was not stored.
const REASONS: &str = "
    SELECT EXISTS (SELECT 1 FROM users WHERE users.id = v.owner AND removed_ms IS NULL AND NOT blocked),
           EXISTS (SELECT 1 FROM tokens WHERE tokens.shard = v.shard AND tokens.id = v.id),
           EXISTS (SELECT 1 FROM tokens WHERE tokens.owner = v.owner AND tokens.name = v.name AND deleted_ms IS NULL)
    FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS v(shard, id, owner, name, place)
    ORDER BY place";

/// Which owners have this generation of temporary tokens.
const GENERATIONS: &str = "
    SELECT place FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS v(owner, generation, place)
    JOIN users ON users.id = v.owner AND users.generation = v.generation AND removed_ms IS NULL AND NOT blocked";

/// One mint.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mint<'a> {
    /// Of a token that is kept.
    Token(&'a Token, AuditAction, Stamp),
    /// Of a temporary one.
    Temporary(UserId, TokenId, u64, Stamp),
}

/// Mints that are stored together, in their order.
#[derive(Debug, Default)]
pub(super) struct Run<'a> {
    mints: Vec<Mint<'a>>,
    /// Which tokens the statement has stored.
    stored: HashSet<TokenId>,
    /// The places, among the temporary ones, of those whose owner has the generation.
    allowed: HashSet<i64>,
}

impl<'a> Run<'a> {
    pub(super) fn new(mints: Vec<Mint<'a>>) -> Self {
        Self { mints, stored: HashSet::new(), allowed: HashSet::new() }
    }

    fn tokens(&self) -> Vec<&'a Token> {
        let token = |mint: &Mint<'a>| if let Mint::Token(token, ..) = mint { Some(*token) } else { None };
        self.mints.iter().filter_map(token).collect()
    }

    fn has_temporary(&self) -> bool {
        self.mints.iter().any(|mint| matches!(mint, Mint::Temporary(..)))
    }

    /// Has the statements ready, so that [`Run::send`] sends them when it is first polled.
    pub(super) async fn prepare(&self, client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
        if self.mints.iter().any(|mint| matches!(mint, Mint::Token(..))) {
            client.prepare_cached(INSERT).await?;
        }
        if self.has_temporary() {
            client.prepare_cached(GENERATIONS).await?;
        }
        Ok(())
    }

    /// Stores what may be stored.
    pub(super) async fn send(&mut self, client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
        let tokens = self.tokens();
        let (stored, allowed) = tokio::join!(biased; store(client, &tokens), self.check_generations(client));
        (self.stored, self.allowed) = (stored?, allowed?);
        Ok(())
    }

    async fn check_generations(&self, client: &ClientWrapper) -> Result<HashSet<i64>, tokio_postgres::Error> {
        let wanted = self.mints.iter().filter_map(|mint| match mint {
            Mint::Temporary(user, _, generation, _) => Some((user.as_bytes().as_slice(), records::big(*generation))),
            Mint::Token(..) => None,
        });
        let (owners, generations): (Vec<_>, Vec<_>) = wanted.unzip();
        if owners.is_empty() {
            return Ok(HashSet::new());
        }
        let statement = client.prepare_cached(GENERATIONS).await?;
        let rows = client.query(&statement, &[&owners, &generations]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// What became of each, in their order. Appends the audit rows.
    pub(super) async fn answers(mut self, batch: &mut Batch<'_>) -> Result<Vec<Inserted>, Fault> {
        let mut refused = Vec::new();
        let mut temporary = 0;
        let mut answers = Vec::with_capacity(self.mints.len());
        for mint in &self.mints {
            answers.push(match *mint {
                Mint::Token(token, action, stamp) if self.stored.remove(&token.id) => {
                    batch.audit(stamp, action, Some(token.user), Some(token.id));
                    Inserted::Stored
                }
                Mint::Token(token, ..) => {
                    refused.push((answers.len(), token));
                    Inserted::OwnerGone
                }
                Mint::Temporary(user, id, _, stamp) => {
                    temporary += 1;
                    if self.allowed.contains(&temporary) {
                        batch.audit(stamp, AuditAction::TokenTemporary, Some(user), Some(id));
                        Inserted::Stored
                    } else {
                        Inserted::OwnerGone
                    }
                }
            });
        }
        if !refused.is_empty() {
            let tokens: Vec<_> = refused.iter().map(|(_, token)| *token).collect();
            for ((place, _), reason) in refused.iter().zip(reasons(batch, &tokens).await?) {
                answers[*place] = reason;
            }
        }
        Ok(answers)
    }
}

/// Stores tokens, and says of each what became of it. Appends the audit rows.
pub(super) async fn insert(
    batch: &mut Batch<'_>,
    tokens: &[Token],
    action: AuditAction,
    stamp: Stamp,
) -> Result<Vec<Inserted>, Fault> {
    let mut run = Run::new(tokens.iter().map(|token| Mint::Token(token, action, stamp)).collect());
    run.send(batch.client()).await?;
    run.answers(batch).await
}

async fn store(client: &ClientWrapper, tokens: &[&Token]) -> Result<HashSet<TokenId>, tokio_postgres::Error> {
    if tokens.is_empty() {
        return Ok(HashSet::new());
    }
    let statement = client.prepare_cached(INSERT).await?;
    let columns = Columns::of(tokens.iter().copied());
    let rows = client.query(&statement, &columns.parameters()).await?;
    rows.iter().map(|row| Ok(TokenId::from_bytes(row.try_get(0)?).ok())).filter_map(Result::transpose).collect()
}

async fn reasons(batch: &Batch<'_>, tokens: &[&Token]) -> Result<Vec<Inserted>, Fault> {
    let columns = Columns::of(tokens.iter().copied());
    let rows = batch.query(REASONS, &[&columns.shard, &columns.id, &columns.owner, &columns.name]).await?;
    rows.iter()
        .map(|row| match (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?) {
            (false, _, _) => Ok(Inserted::OwnerGone),
            (true, true, _) => Ok(Inserted::IdTaken),
            (true, false, true) => Ok(Inserted::NameTaken),
            // What stood in its way is gone again.
            (true, false, false) => Err(Fault::Overtaken),
        })
        .collect()
}

/// Tokens, column by column.
#[derive(Default)]
pub(super) struct Columns<'a> {
    shard: Vec<i16>,
    id: Vec<&'a [u8]>,
    owner: Vec<&'a [u8]>,
    key: Vec<&'a [u8]>,
    name: Vec<Option<&'a [u8]>>,
    caveats: Vec<String>,
    revoked_ms: Vec<Option<i64>>,
    form: Vec<&'static str>,
    kind: Vec<&'static str>,
    metadata: Vec<Option<&'a str>>,
    created_ms: Vec<Option<i64>>,
    expires_s: Vec<Option<i64>>,
    sealed: Vec<Option<&'a [u8]>>,
    /// Empty for new tokens.
    last_used_day: Vec<Option<i32>>,
    deleted_ms: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    /// New tokens.
    fn of(tokens: impl Iterator<Item = &'a Token>) -> Self {
        let mut columns = Self::default();
        for token in tokens {
            columns.push(token);
            columns.last_used_day.push(None);
            columns.deleted_ms.push(None);
        }
        columns
    }

    /// Adds a token with what only an old one has.
    pub(super) fn push_whole(&mut self, token: &'a Token, deleted_ms: Option<u64>) {
        self.push(token);
        self.last_used_day.push(token.last_used_day.map(|day| i32::try_from(day).unwrap_or(i32::MAX)));
        self.deleted_ms.push(deleted_ms.map(records::big));
    }

    fn push(&mut self, token: &'a Token) {
        let (key, sealed) = columns::secret(&token.secret);
        self.shard.push(records::shard(&token.id));
        self.id.push(token.id.as_bytes());
        self.owner.push(token.user.as_bytes());
        self.key.push(key.as_bytes());
        self.name.push(token.name.as_ref().map(TokenName::as_str).map(str::as_bytes));
        self.caveats.push(columns::caveats_to_text(&token.caveats));
        self.revoked_ms.push(token.revoked_ms.map(records::big));
        self.form.push(columns::form(token.form));
        self.kind.push(columns::kind(token.kind));
        self.metadata.push(token.metadata.as_deref());
        self.created_ms.push(columns::told_created_ms(token).map(records::big));
        self.expires_s.push(columns::expires_s(token));
        self.sealed.push(sealed);
    }

    /// For [`INSERT`] and [`LOAD`].
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 15] {
        [
            &self.shard, &self.id, &self.owner, &self.key, &self.name, &self.caveats, &self.revoked_ms, &self.form,
            &self.kind, &self.metadata, &self.created_ms, &self.expires_s, &self.sealed, &self.last_used_day,
            &self.deleted_ms,
        ]
    }
}
