//! Checkpoints: each node notes in its own chain where the other chains end, and logs where its own does, so that cutting off
//! the end of one shows in another, or in the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::note;
use zonemint_base::clock::Clock;
use zonemint_base::model::hex;
use zonemint_store::{Actor, AuditAction, AuditEntry, Chain, Head, Store, StoreError};

/// With more new rows than this, a chain has moved, whatever they are: so many checkpoints nobody writes in between.
const MOST_CHECKPOINTS: u64 = 16;

/// Writes this node's checkpoints.
pub struct Checkpoints {
    store: Arc<dyn Store>,
    clock: Clock,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    /// Where the other chains ended at the last checkpoint.
    others: BTreeMap<Chain, u64>,
    /// Where the own chain ended when it was last logged.
    own: u64,
}

impl Checkpoints {
    /// Nothing is noted yet, so the first step writes a checkpoint if there are other chains.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, noted: Mutex::default() }
    }

    /// Logs where the own chain ends, if it has moved, and writes a checkpoint, if others have: rows that are only checkpoints
    /// do not count, or two idle nodes would record each other's checkpoints without end.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; the next step makes up for it.
    pub async fn step(&self) -> Result<(), StoreError> {
        let mut noted = self.noted.lock().await;
        let own = self.store.chain();
        let (own, others): (Vec<_>, Vec<_>) = self.store.heads().await?.into_iter().partition(|head| head.chain == own);
        if let Some(Head { chain, seq, hash }) = own.first().filter(|head| head.seq != noted.own) {
            let (chain, hash) = (chain.as_str(), hex(hash));
            tracing::info!(audit.chain = chain, audit.seq = seq, audit.hash = hash, "end of this node's audit chain");
            noted.own = *seq;
        }
        let mut moved = false;
        for head in &others {
            moved = moved || self.has_moved(head, noted.others.get(&head.chain).copied()).await?;
        }
        if moved {
            let note = Some(note::checkpoint(&others));
            let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::AuditCheckpoint, Actor::System) };
            self.store.append_audit(vec![entry], self.clock.now_ms()).await?;
            noted.others = others.into_iter().map(|head| (head.chain, head.seq)).collect();
        }
        Ok(())
    }

    async fn has_moved(&self, head: &Head, noted: Option<u64>) -> Result<bool, StoreError> {
        let Some(noted) = noted else { return Ok(true) };
        if head.seq == noted {
            return Ok(false);
        }
        if head.seq < noted || head.seq - noted > MOST_CHECKPOINTS {
            return Ok(true);
        }
        match self.store.audit_after(&head.chain, noted, usize::try_from(MOST_CHECKPOINTS).unwrap_or(1)).await {
            Ok(rows) => Ok(rows.iter().any(|row| row.action != AuditAction::AuditCheckpoint)),
            Err(StoreError::Corrupt { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
