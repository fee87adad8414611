//! What became of mints: what a transaction answers and records once they are stored.

use std::collections::BTreeSet;

use super::batch::Batch;
use super::fault::Fault;
use super::mint_run::{Columns, Mint, Minted, Run, store};
use super::records;
use crate::command::Stamp;
use crate::transaction::users;
use crate::{AuditAction, AuditEntry, Inserted, columns};
use zonemint_base::model::{Parent, Token, TokenId, UserId};

/// Why a token was not stored.
const REASONS: &str = "
    SELECT EXISTS (SELECT 1 FROM users WHERE users.id = v.owner AND removed_ms IS NULL AND NOT blocked),
           EXISTS (SELECT 1 FROM tokens WHERE tokens.shard = v.shard AND tokens.id = v.id),
           EXISTS (SELECT 1 FROM tokens WHERE tokens.owner = v.owner AND tokens.name = v.name AND deleted_ms IS NULL)
    FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS v(shard, id, owner, name, place)
    ORDER BY place";

/// Stored a moment ago by the same transaction, together with some that may not be.
const TAKE_BACK: &str = "DELETE FROM tokens WHERE (shard, id) IN (SELECT * FROM unnest($1::smallint[], $2::bytea[]))";

/// Which tokens have made temporary ones of which generation.
const PARENTS: &str = "
    INSERT INTO temporary_parents (parent, parent_generation, owner, generation)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bigint[]) AS v(parent, parent_generation, owner, generation)
    ORDER BY parent, parent_generation, owner, generation ON CONFLICT DO NOTHING";

impl<'a> Run<'a> {
    /// Stores again without those whose caller may not mint: one of them may have had the name of another one.
    async fn take_back(&mut self, batch: &Batch<'_>) -> Result<(), Fault> {
        let stored: Vec<_> = std::mem::take(&mut self.stored).into_iter().collect();
        let shards: Vec<_> = stored.iter().map(records::shard).collect();
        let ids: Vec<_> = stored.iter().map(TokenId::as_bytes).collect();
        batch.execute(TAKE_BACK, &[&shards, &ids]).await?;
        let entitled = |mint: &&Mint<'a>| self.refusal(mint).is_none();
        let tokens: Vec<_> = self.mints.iter().filter(entitled).filter_map(Mint::token).collect();
        self.stored = store(batch.client(), &tokens).await?;
        Ok(())
    }

    /// Notes which tokens have made the temporary ones that are stored.
    async fn note_parents(&self, batch: &Batch<'_>, answers: &[Minted]) -> Result<(), Fault> {
        let mut parents = BTreeSet::new();
        for (mint, answer) in self.mints.iter().zip(answers) {
            if let (Mint::Temporary(owner, _, generation, (by, _)), Ok(Inserted::Stored)) = (mint, answer)
                && let Some(parent) = by.parent().filter(|by| *by != Parent::Generation(*owner, *generation))
            {
                parents.insert((parent, *owner, *generation));
            }
        }
        if parents.is_empty() {
            return Ok(());
        }
        let columns = |(parent, ..): &'_ (Parent, UserId, u64)| {
            let (id, generation) = columns::parent(Some(parent));
            (id.unwrap_or_default().to_vec(), records::big(generation))
        };
        let (ids, generations): (Vec<_>, Vec<_>) = parents.iter().map(columns).unzip();
        let owners: Vec<_> = parents.iter().map(|(_, owner, _)| owner.as_bytes()).collect();
        let made: Vec<_> = parents.iter().map(|(.., generation)| records::big(*generation)).collect();
        batch.execute(PARENTS, &[&ids, &generations, &owners, &made]).await?;
        Ok(())
    }

    /// What became of each, in their order. Appends the audit rows.
    pub(super) async fn answers(mut self, batch: &mut Batch<'_>) -> Result<Vec<Minted>, Fault> {
        if self.mints.iter().any(|mint| self.refusal(mint).is_some()) {
            self.take_back(batch).await?;
        }
        let mut refused = Vec::new();
        let mut temporary = 0;
        let mut answers: Vec<Minted> = Vec::with_capacity(self.mints.len());
        for mint in &self.mints {
            temporary += i64::from(matches!(mint, Mint::Temporary(..)));
            if let Some(refusal) = self.refusal(mint) {
                answers.push(Err(refusal));
                continue;
            }
            let mut record = |action, user, id, (by, at_ms): Stamp| {
                if !self.entitled {
                    batch.append(AuditEntry::minted(action, by, user, id), at_ms);
                }
            };
            answers.push(Ok(match *mint {
                Mint::Token(token, stamp) if self.stored.remove(&token.id) => {
                    record(AuditAction::TokenMint, token.user, token.id, stamp);
                    Inserted::Stored
                }
                Mint::Token(token, ..) => {
                    refused.push((answers.len(), token));
                    Inserted::OwnerGone
                }
                Mint::Temporary(user, id, _, stamp) => {
                    if self.allowed.contains(&temporary) {
                        record(AuditAction::TokenTemporary, user, id, stamp);
                        Inserted::Stored
                    } else {
                        Inserted::OwnerGone
                    }
                }
            }));
        }
        if !refused.is_empty() {
            let tokens: Vec<_> = refused.iter().map(|(_, token)| *token).collect();
            for ((place, _), reason) in refused.iter().zip(reasons(batch, &tokens).await?) {
                answers[*place] = Ok(reason);
            }
        }
        self.note_parents(batch, &answers).await?;
        Ok(answers)
    }
}

/// Stores tokens for an operation whose caller is entitled to it, and says of each what became of it. Its records are the operation's.
pub(super) async fn insert(batch: &mut Batch<'_>, tokens: &[Token], stamp: Stamp) -> Result<Vec<Inserted>, Fault> {
    let mut run = Run::entitled(tokens.iter().map(|token| Mint::Token(token, stamp)).collect());
    run.send(batch.client()).await?;
    Ok(run.answers(batch).await?.into_iter().map(|answer| answer.unwrap_or(Inserted::OwnerGone)).collect())
}

/// Stores a token in the same way, if its owner has less than `most` good ones.
pub(super) async fn insert_within(
    batch: &mut Batch<'_>,
    token: &Token,
    most: u64,
    stamp: Stamp,
) -> Result<Inserted, Fault> {
    let inserted = insert(batch, std::slice::from_ref(token), stamp).await?.pop().unwrap_or(Inserted::OwnerGone);
    let is_full = inserted == Inserted::Stored && !users::has_room(batch, &token.user, most).await?;
    Ok(if is_full { Inserted::TooMany } else { inserted })
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
