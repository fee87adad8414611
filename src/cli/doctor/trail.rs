//! The ends of the audit trail. `zonemint audit verify` checks all of it.

use super::facts::Facts;
use super::finding::{CheckResult, WithRemedies as _, fault, ok};
use super::remedy::Remedy;
use super::settings::counted;
use crate::config::Config;
use zonemint_base::clock::rfc3339;
use zonemint_service::audit::{Entry, called, last_rows};
use zonemint_store::{AuditRow, Head};

/// Rows that are checked at the end of each chain, and the most chains.
const ROWS: u64 = 200;
const CHAINS: usize = 100;
/// How far a row may be ahead of the clock, in milliseconds, because the clocks of nodes differ.
const AHEAD_MS: u64 = 60_000;

pub(super) fn trail(facts: &Facts, _: &Config) -> CheckResult {
    let store = facts.store()?;
    let heads = facts.wait(store.heads())?;
    let mut newest_ms = 0;
    for head in heads.iter().take(CHAINS) {
        let rows = facts.wait(last_rows(store, head, ROWS))?;
        if let Some(seq) = broken(head, &rows) {
            return fault(
                format!("{} is broken at row {seq}: rows were changed or removed", called(&head.chain)),
                "copy the database before anything else; then list every faulty row",
            )
            .with([Remedy::zonemint("audit verify")]);
        }
        newest_ms = newest_ms.max(rows.iter().filter_map(row).map(|row| row.at_ms).max().unwrap_or(0));
    }
    if newest_ms > facts.clock.now_ms() + AHEAD_MS {
        return fault(
            format!(
                "a row was written at {}, which is in the future by this machine's clock",
                rfc3339(newest_ms / 1_000)
            ),
            "set the clock: expired tokens may be accepted again, or tokens may have expired too early",
        );
    }
    ok(format!("the ends of {} are intact", counted(heads.len(), "chain", "chains")))
}

fn row(entry: &Entry) -> Option<&AuditRow> {
    match entry {
        Entry::Row(row) => Some(row),
        Entry::Unreadable(_) => None,
    }
}

/// The first row that does not continue the row before, or is not the recorded end.
fn broken(head: &Head, rows: &[Entry]) -> Option<u64> {
    let unreadable = rows.iter().find(|entry| row(entry).is_none()).map(Entry::seq);
    let rows: Vec<_> = rows.iter().filter_map(row).collect();
    let loose = rows.windows(2).find(|two| two[1].seq != two[0].seq + 1 || two[1].hash != two[1].chained(&two[0].hash));
    let is_end = rows.last().is_none_or(|last| last.seq == head.seq && last.hash == head.hash);
    unreadable.or(loose.map(|two| two[1].seq)).or((!is_end).then_some(head.seq))
}
