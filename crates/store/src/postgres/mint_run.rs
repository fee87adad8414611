//! Mints that one statement stores: those of a batch that stand next to one another.

use std::collections::HashSet;

use super::callers::{Callers, Lock};
use super::fault::Fault;
use super::records;
use super::session::{Session, Value};
use crate::command::Stamp;
use crate::{Inserted, StoreError, TokenRow, columns};
use zonemint_base::model::{Token, TokenId, TokenName, UserId};

/// The columns of tokens as arrays, one parameter each.
macro_rules! from_arrays {
    ($where:literal) => {
        concat!(
            "INSERT INTO tokens (shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms,
                                 expires_s, sealed, last_used_day, deleted_ms, parent, parent_generation)
             SELECT shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms, expires_s, sealed,
                    last_used_day, deleted_ms, parent, parent_generation
             FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::bigint[],
                         $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bytea[], $14::integer[],
                         $15::bigint[], $16::bytea[], $17::bigint[]) WITH ORDINALITY
             AS v(shard, id, owner, key, name, caveats, revoked_ms, form, kind, metadata, created_ms, expires_s, sealed,
                  last_used_day, deleted_ms, parent, parent_generation, place) ",
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

/// Which owners have this generation of temporary tokens.
const GENERATIONS: &str = "
    SELECT place FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS v(owner, generation, place)
    JOIN users ON users.id = v.owner AND users.generation = v.generation AND removed_ms IS NULL AND NOT blocked";

/// One mint.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mint<'a> {
    /// Of a token that is kept.
    Token(&'a Token, Stamp),
    /// Of a temporary one.
    Temporary(UserId, TokenId, u64, Stamp),
}

impl<'a> Mint<'a> {
    pub(super) fn token(&self) -> Option<&'a Token> {
        if let Self::Token(token, ..) = self { Some(token) } else { None }
    }

    fn stamp(&self) -> &Stamp {
        match self {
            Self::Token(_, stamp) | Self::Temporary(_, _, _, stamp) => stamp,
        }
    }
}

/// What became of a mint; an error when its caller may not mint, or not now.
pub(super) type Minted = Result<Inserted, StoreError>;

/// Mints that are stored together, in their order.
#[derive(Debug, Default)]
pub(super) struct Run<'a> {
    pub(super) mints: Vec<Mint<'a>>,
    now_ms: u64,
    callers: Callers,
    /// Whether an operation runs them, which has looked at its caller, and records them itself.
    pub(super) entitled: bool,
    /// Which tokens the statement has stored.
    pub(super) stored: HashSet<TokenId>,
    /// The places, among the temporary ones, of those whose owner has the generation.
    pub(super) allowed: HashSet<i64>,
}

impl<'a> Run<'a> {
    /// `now_ms`: when the callers' tokens must not be over, in milliseconds since the Unix epoch.
    pub(super) fn new(mints: Vec<Mint<'a>>, now_ms: u64, lock: Lock) -> Self {
        let callers = Callers::of(mints.iter().map(|mint| &mint.stamp().0), now_ms, lock);
        Self { mints, now_ms, callers, ..Self::default() }
    }

    /// Mints of an operation whose caller was found to be entitled to it.
    pub(super) fn entitled(mints: Vec<Mint<'a>>) -> Self {
        Self { mints, entitled: true, ..Self::default() }
    }

    /// As it was given.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn tokens(&self) -> Vec<&'a Token> {
        self.mints.iter().filter_map(Mint::token).collect()
    }

    pub(super) fn refusal(&self, mint: &Mint<'_>) -> Option<StoreError> {
        if self.entitled { None } else { self.callers.refusal(&mint.stamp().0) }
    }

    fn has_temporary(&self) -> bool {
        self.mints.iter().any(|mint| matches!(mint, Mint::Temporary(..)))
    }

    /// Has the statements ready, so that [`Run::send`] sends them when it is first polled.
    pub(super) async fn prepare(&self, client: &Session) -> Result<(), tokio_postgres::Error> {
        self.callers.prepare(client).await?;
        if self.mints.iter().any(|mint| matches!(mint, Mint::Token(..))) {
            client.prepare(INSERT).await?;
        }
        if self.has_temporary() {
            client.prepare(GENERATIONS).await?;
        }
        Ok(())
    }

    /// Locks the callers' rows and stores all tokens, in one round trip. [`Run::answers`] takes back what a caller has lost the right
    /// to, which is rare.
    pub(super) async fn send(&mut self, client: &Session) -> Result<(), Fault> {
        let (tokens, mut callers) = (self.tokens(), std::mem::take(&mut self.callers));
        let (locked, stored, allowed) =
            tokio::join!(biased; callers.take(client), store(client, &tokens), self.check_generations(client));
        locked?;
        (self.callers, self.stored, self.allowed) = (callers, stored?, allowed?);
        Ok(())
    }

    async fn check_generations(&self, client: &Session) -> Result<HashSet<i64>, tokio_postgres::Error> {
        let wanted = self.mints.iter().filter_map(|mint| match mint {
            Mint::Temporary(user, _, generation, _) => Some((user.as_bytes(), records::big(*generation))),
            Mint::Token(..) => None,
        });
        let (owners, generations): (Vec<_>, Vec<_>) = wanted.unzip();
        if owners.is_empty() {
            return Ok(HashSet::new());
        }
        let rows = client.query(GENERATIONS, &[&owners, &generations]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}

/// Stores tokens; says which.
pub(super) async fn store(client: &Session, tokens: &[&Token]) -> Result<HashSet<TokenId>, tokio_postgres::Error> {
    if tokens.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = Columns::of(tokens.iter().copied());
    let rows = client.query(INSERT, &columns.parameters()).await?;
    rows.iter().map(|row| Ok(TokenId::from_bytes(row.try_get(0)?).ok())).filter_map(Result::transpose).collect()
}

/// Tokens, column by column.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) shard: Vec<i16>,
    pub(super) id: Vec<&'a [u8]>,
    pub(super) owner: Vec<&'a [u8]>,
    key: Vec<&'a [u8]>,
    pub(super) name: Vec<Option<&'a [u8]>>,
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
    parent: Vec<Option<&'a [u8]>>,
    parent_generation: Vec<i64>,
}

impl<'a> Columns<'a> {
    /// New tokens.
    pub(super) fn of(tokens: impl Iterator<Item = &'a Token>) -> Self {
        let mut columns = Self::default();
        for token in tokens {
            columns.push(token);
            columns.last_used_day.push(None);
            columns.deleted_ms.push(None);
        }
        columns
    }

    /// Tokens with what only old ones have, but for their last uses.
    pub(super) fn of_rows(rows: &'a [TokenRow]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.push(&row.token);
            columns.last_used_day.push(row.token.last_used_day.map(|day| i32::try_from(day).unwrap_or(i32::MAX)));
            columns.deleted_ms.push(row.deleted_ms.map(records::big));
        }
        columns
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
        self.created_ms.push(columns::stored_created_ms(token).map(records::big));
        self.expires_s.push(columns::expires_s(token));
        self.sealed.push(sealed);
        let (parent, generation) = columns::parent(token.parent.as_ref());
        self.parent.push(parent);
        self.parent_generation.push(records::big(generation));
    }

    /// For [`INSERT`] and [`LOAD`].
    pub(super) fn parameters(&self) -> [&dyn Value; 17] {
        [
            &self.shard, &self.id, &self.owner, &self.key, &self.name, &self.caveats, &self.revoked_ms, &self.form,
            &self.kind, &self.metadata, &self.created_ms, &self.expires_s, &self.sealed, &self.last_used_day,
            &self.deleted_ms, &self.parent, &self.parent_generation,
        ]
    }
}
