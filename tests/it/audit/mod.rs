//! The audit trail: tampering is found, archives and exports verify, and what is recorded beside single operations.

mod commands;
mod records;
mod tampering;

use std::path::PathBuf;
use std::sync::Arc;

use zonemint::audit;
use zonemint::store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Mark, Rows, Store};

use crate::support::Shared;

const ENTRIES: u64 = 30;

/// An embedded store with some rows, and its file.
struct Trail {
    shared: Shared,
    store: Arc<dyn Store>,
}

impl Trail {
    async fn new() -> Self {
        let shared = Shared::file();
        let store = shared.open("").await;
        append(&store, 1..=ENTRIES).await;
        Self { shared, store }
    }

    fn folder(&self) -> PathBuf {
        let Shared::File(folder) = &self.shared else { panic!("it is a file") };
        folder.path().to_owned()
    }

    /// Does something to the rows behind the store's back.
    fn tamper(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.folder().join("zonemint.db")).unwrap();
        database.execute_batch(sql).unwrap();
    }

    async fn verify(&self) -> Vec<String> {
        verify(&self.store).await
    }

    /// A chain from elsewhere, which does not grow.
    async fn load(&self, name: &str, count: u64) -> Vec<AuditRow> {
        let chain = Chain::parse(name).unwrap();
        let mut rows: Vec<AuditRow> = Vec::new();
        for number in 1..=count {
            let last = rows.last().map_or((0, chain.genesis()), |row| (row.seq, row.hash));
            rows.push(entry(number).chained(chain.clone(), last, 1_000 * number));
        }
        self.load_rows(rows.clone()).await;
        rows
    }

    async fn load_rows(&self, rows: Vec<AuditRow>) {
        self.store.load(Rows::Audit(rows), Mark { name: "m".to_owned(), value: None }).await.unwrap();
    }
}

fn entry(number: u64) -> AuditEntry {
    AuditEntry { note: Some(format!("number={number}")), ..AuditEntry::new(AuditAction::TokenMint, Actor::System) }
}

/// Appends rows, each at another second.
async fn append(store: &Arc<dyn Store>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        store.append_audit(vec![entry(number)], 1_000 * number).await.unwrap();
    }
}

/// What is wrong with the store.
async fn verify(store: &Arc<dyn Store>) -> Vec<String> {
    let report = audit::verify(Some(store), &[], &[]).await.unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

/// The rows of a chain of an action.
pub async fn rows_of(store: &Arc<dyn Store>, action: AuditAction) -> Vec<AuditRow> {
    let rows = store.audit_after(&store.chain(), 0, 10_000).await.unwrap();
    rows.into_iter().filter(|row| row.action == action).collect()
}
