//! Archiving: old rows are written to a file, a row says so, and then they leave the store.
//!
//! In this order, and each step durable before the next, an interruption anywhere leaves every row in the store, in the file,
//! or in both. The last row of what was archived stays in the store: what is left follows it.

use std::io::{self, Write};
use std::sync::Arc;

use super::line;
use super::note::Archived;
use super::trail::{Entry, first_at, page};
use zonemint_store::{Actor, AuditAction, AuditEntry, Head, Store, StoreError};

/// Rows deleted in one transaction, for which nodes that write wait.
const BATCH: usize = 500;

/// What of a chain is to be archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The first row that there is.
    pub first: u64,
    /// Through which row, and what that one follows.
    pub archived: Archived,
}

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The store failed.
    #[error("the audit rows cannot be read")]
    Store(#[from] StoreError),
    /// The file failed.
    #[error("the file cannot be written")]
    File(#[from] io::Error),
}

/// Finds what is older than a moment. Chains of which nothing is, or only the row that stays, are left out.
///
/// # Errors
/// [`StoreError`] when the store fails, or the row to cut at cannot be read.
pub async fn plan(store: &Arc<dyn Store>, heads: &[Head], before_ms: u64) -> Result<Vec<Cut>, StoreError> {
    let mut cuts = Vec::new();
    for head in heads {
        let through = first_at(store, head, before_ms).await?.saturating_sub(1);
        let Some(first) = page(store, head, 0).await?.first().map(Entry::seq) else { continue };
        if through <= first {
            continue;
        }
        let rows = store.audit_after(&head.chain, through - 2, 2).await?;
        let Some(last) = rows.iter().find(|row| row.seq == through) else { continue };
        let previous = rows.iter().find(|row| row.seq == through - 1).map(|row| row.hash);
        let through = Head { chain: head.chain.clone(), seq: through, hash: last.hash };
        cuts.push(Cut { first, archived: Archived { through, previous } });
    }
    Ok(cuts)
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// How many rows.
    pub rows: u64,
    /// How many could not be read, and were left out.
    pub unreadable: u64,
}

/// Writes a chain's rows after `after` up to `end`, each as a line. The first line has the hash that its row follows if the row is
/// the chain's first, or the row before is in the store.
///
/// # Errors
/// [`WriteError`] when the store or the output fails.
pub async fn write(
    store: &Arc<dyn Store>,
    end: &Head,
    after: u64,
    out: &mut impl Write,
) -> Result<Written, WriteError> {
    let mut written = Written::default();
    let mut before = match after {
        0 => Some((0, end.chain.genesis())),
        _ => match page(store, &Head { seq: after, ..end.clone() }, after - 1).await?.pop() {
            Some(Entry::Row(row)) => Some((row.seq, row.hash)),
            _ => None,
        },
    };
    let mut after = after;
    loop {
        let page = page(store, end, after).await?;
        let Some(last) = page.last() else { return Ok(written) };
        after = last.seq();
        for entry in page {
            let Entry::Row(row) = entry else {
                written.unreadable += 1;
                continue;
            };
            let previous = before.filter(|(seq, _)| seq + 1 == row.seq).map(|(_, hash)| hash);
            writeln!(out, "{}", line::write(&row, previous.as_ref()))?;
            before = Some((row.seq, row.hash));
            written.rows += 1;
        }
    }
}

/// Notes that rows are archived. Only then may they be removed.
///
/// # Errors
/// [`StoreError`] when it is not known whether it was noted.
pub async fn record(store: &Arc<dyn Store>, cuts: &[Cut], at_ms: u64) -> Result<(), StoreError> {
    let entry = |cut: &Cut| AuditEntry {
        note: Some(cut.archived.note()),
        ..AuditEntry::new(AuditAction::AuditArchive, Actor::Operator)
    };
    store.append_audit(cuts.iter().map(entry).collect(), at_ms).await
}

/// Deletes what was archived in batches, except the last row of each chain.
///
/// # Errors
/// [`StoreError`] when the store fails. The chains can be verified at every step.
pub async fn remove(store: &Arc<dyn Store>, cuts: &[Cut]) -> Result<(), StoreError> {
    for Cut { archived: Archived { through, .. }, .. } in cuts {
        while store.delete_audit(&through.chain, through.seq, BATCH).await? > 0 {}
    }
    Ok(())
}
