//! Tokens that are minted: those that stand side by side in the queue are written by one statement.

use std::mem;

use super::batch::{Batch, Mint};
use super::tokens;
use crate::answers::{Responder, WriteResult};
use crate::command::Outcome;
use crate::{AuditAction, AuditEntry, Inserted, StoreError};

impl Batch<'_> {
    /// Takes a token in, to be written by [`Batch::write_minted`], or refuses it.
    pub(super) fn mint(&mut self, mint: Mint, answers: &mut Vec<(Responder, WriteResult)>) -> rusqlite::Result<()> {
        let refused = match self.lost(&mint.by)? {
            Some(lost) => Err(StoreError::NotAuthorised(lost)),
            None if self.is_active(mint.token.user)? => {
                self.minted.push(mint);
                return Ok(());
            }
            None => Ok(Outcome::Inserted(Inserted::OwnerGone)),
        };
        answers.push((mint.responder, refused));
        Ok(())
    }

    /// Writes the tokens that were taken in. It comes before everything else in this transaction that reads or writes.
    pub(super) fn write_minted(&mut self, answers: &mut Vec<(Responder, WriteResult)>) -> rusqlite::Result<()> {
        if self.minted.is_empty() {
            return Ok(());
        }
        let mints = mem::take(&mut self.minted);
        let tokens: Vec<_> = mints.iter().map(|mint| &mint.token).collect();
        let inserted = tokens::insert_all(self, &tokens)?;
        let stored = mints.iter().zip(&inserted).filter(|(_, inserted)| **inserted == Inserted::Stored);
        let entries = stored.map(|(Mint { token, by, at_ms, .. }, _)| {
            (AuditEntry::minted(AuditAction::TokenMint, *by, token.user, token.id), *at_ms)
        });
        self.append_all(entries.collect())?;
        let told = |(mint, inserted): (Mint, _)| (mint.responder, Ok(Outcome::Inserted(inserted)));
        answers.extend(mints.into_iter().zip(inserted).map(told));
        Ok(())
    }
}
