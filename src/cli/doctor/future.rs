//! Rows with a time in the future, written by a clock that was ahead. What begins or ends by such a row does so at the wrong time on all
//! other nodes.
//!
//! The check scans nothing: of the audit trail it reads the ends, and of the tokens those whose identifiers sort after the present.

use super::accounts::{AccountSample, MOST};
use super::facts::{Database, Facts};
use super::finding::{CheckResult, Finding, WithRemedies as _, ok, warning};
use super::remedy::Remedy;
use super::settings::counted;
use crate::config::Config;
use zonemint_base::model::TokenId;
use zonemint_service::audit::{Entry, called, last_rows};

/// How far a row may be ahead, in milliseconds: five times the allowed difference of two clocks. The clock of the database is measured
/// by the middle of an answer, and a slow answer must not look like a wrong clock.
const AHEAD_MS: u64 = 5_000;
/// The most chains whose ends are read.
const CHAINS: usize = 100;
/// A shared store sorts tokens first by the last byte of their identifiers, modulo 16. The search begins once in each of these parts.
const LAST_BYTES: u8 = 16;
/// The most tokens that are read of each part. Identifiers from another service contain no time, and may come first.
const TOKENS: usize = 64;

/// The parts of a finding.
#[derive(Default)]
struct FindingParts {
    found: Vec<String>,
    fix: Vec<String>,
    run: Vec<Remedy>,
}

pub(super) fn future(facts: &Facts, _: &Config) -> CheckResult {
    let now_ms = now_ms(facts);
    let mut parts = FindingParts::default();
    keys(facts, now_ms, &mut parts)?;
    chains(facts, now_ms, &mut parts)?;
    accounts(facts, now_ms, &mut parts)?;
    tokens(facts, now_ms, &mut parts)?;
    if parts.found.is_empty() {
        return ok("no row is ahead of the clock");
    }
    if parts.fix.is_empty() {
        parts.fix.push("have an NTP service keep the time on all nodes, and on the machine of the database".to_owned());
    }
    warning(parts.found.join("; "), parts.fix.join("; ")).with(parts.run)
}

/// The database's clock where nodes share one, else this machine's.
fn now_ms(facts: &Facts) -> u64 {
    let ahead_ms = match &facts.database {
        Database::Shared(report, _) => report.clock_ahead_ms,
        _ => 0,
    };
    facts.clock.now_ms().saturating_add_signed(ahead_ms)
}

/// How many seconds a moment is ahead, if that is too far.
fn ahead_s(at_ms: u64, now_ms: u64) -> Option<u64> {
    at_ms.checked_sub(now_ms).filter(|ahead_ms| *ahead_ms > AHEAD_MS).map(|ahead_ms| ahead_ms / 1_000)
}

fn keys(facts: &Facts, now_ms: u64, parts: &mut FindingParts) -> Result<(), Finding> {
    let keys = facts.wait(facts.store()?.keys())?;
    for key in keys.iter().filter(|key| key.retired_ms.is_none()) {
        let Some(seconds) = ahead_s(key.created_ms, now_ms) else { continue };
        parts.found.push(format!("the root key {} was made by a clock {seconds} s ahead", key.id));
        parts.fix = vec![
            "list the root keys, and create a later one, which takes effect because it comes after this one".to_owned(),
        ];
        parts.run = ["key list", "key rotate"].map(Remedy::zonemint).to_vec();
    }
    Ok(())
}

fn chains(facts: &Facts, now_ms: u64, parts: &mut FindingParts) -> Result<(), Finding> {
    let store = facts.store()?;
    for head in facts.wait(store.heads())?.iter().take(CHAINS) {
        let last = facts.wait(last_rows(store, head, 1))?;
        let Some(Entry::Row(row)) = last.last() else { continue };
        let Some(seconds) = ahead_s(row.at_ms, now_ms) else { continue };
        parts.found.push(format!("{} was last written by a clock {seconds} s ahead", called(&head.chain)));
        let whose = match head.chain.as_str() {
            "" => "this machine".to_owned(),
            "operator" => "the machine on which commands are run".to_owned(),
            name => format!("the node {name}"),
        };
        parts.fix.push(format!("set the clock of {whose} right, and have an NTP service keep it"));
    }
    Ok(())
}

fn accounts(facts: &Facts, now_ms: u64, parts: &mut FindingParts) -> Result<(), Finding> {
    let seen = AccountSample::first(facts, MOST)?;
    let ahead: Vec<_> = seen.users.iter().filter_map(|user| ahead_s(user.created_ms, now_ms)).collect();
    if let Some(most) = ahead.iter().max() {
        let count = counted(ahead.len(), "account was", "accounts were");
        parts.found.push(seen.describe(&format!("{count} made by a clock up to {most} s ahead")));
    }
    Ok(())
}

fn tokens(facts: &Facts, now_ms: u64, parts: &mut FindingParts) -> Result<(), Finding> {
    let mut ahead = Vec::new();
    for last in 0..LAST_BYTES {
        let mut id = [0; TokenId::CLIENT];
        id[..6].copy_from_slice(&TokenId::first_bytes(now_ms.saturating_add(AHEAD_MS)));
        id[TokenId::CLIENT - 1] = last;
        let Ok(present) = TokenId::from_bytes(&id) else { continue };
        let rows = facts.wait(facts.store()?.dump_tokens(Some(present), TOKENS))?;
        // After the tokens in the future of one part come the old tokens of the next part.
        let tokens = rows.into_iter().map(|row| row.token).filter(|token| token.id > present);
        ahead.extend(tokens.filter_map(|token| Some((token.id, ahead_s(token.created_ms, now_ms)?))));
    }
    // An embedded store has one part, which is read sixteen times.
    ahead.sort_unstable();
    ahead.dedup();
    if let Some(most) = ahead.iter().map(|(_, seconds)| *seconds).max() {
        let count = counted(ahead.len(), "token", "tokens");
        parts.found.push(format!("at least {count} minted by a clock up to {most} s ahead"));
    }
    Ok(())
}
