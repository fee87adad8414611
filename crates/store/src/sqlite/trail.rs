//! What a transaction appends to the audit trail and to the change feed.

use super::audit;
use super::batch::Batch;
use crate::{AuditEntry, Chain, Change, Topic};

impl Batch<'_> {
    /// Appends audit rows of these moments, each chained to the one before.
    pub(super) fn append_all(&mut self, entries: Vec<(AuditEntry, u64)>) -> rusqlite::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let last = || audit::end(self.connection()).map(|end| (end.seq, end.hash));
        let mut head = self.head().map_or_else(last, Ok)?;
        let chain = Chain::embedded();
        let chained = |(entry, at_ms): (AuditEntry, u64)| {
            let row = entry.chained(chain.clone(), head, at_ms);
            head = (row.seq, row.hash);
            row
        };
        let rows: Vec<_> = entries.into_iter().map(chained).collect();
        audit::insert_own(self, &rows)?;
        self.ends_at(head);
        Ok(())
    }

    /// Appends to the change feed.
    pub(super) fn announce(&mut self, topic: Topic, at_ms: u64) -> rusqlite::Result<()> {
        self.forget_callers();
        let last = audit::last_change(self.connection())?;
        audit::insert_change(self.connection(), &Change::following(Chain::embedded(), last, topic, at_ms))
    }
}
