//! What is printed, and whether everything held.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cluster::{Cluster, CutOff, Phase};
use crate::history::{self, Event, Outcome, Via, ViolationKind, What};
use crate::nodes::{CONNECT_TIMEOUT, MAX_STALENESS, STATEMENT_TIMEOUT};

/// Within this time of an acknowledged revocation every node must know of it.
pub const BOUND: Duration = Duration::from_secs(1);
/// How much longer than the settings say an answer may take on a machine that is busy with everything at once.
const GRACE: Duration = Duration::from_secs(1);
/// Odd answers that are shown.
const SHOWN: usize = 5;

/// Prints each phase: how much was asked, what went wrong, for how long.
pub fn print_phases(phases: &[Phase], history: &[Event]) {
    println!(
        "\n{:42} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9}  answers other than wanted",
        "", "answers", "served", "fault s", "errors s", "well s", "longest s"
    );
    for phase in phases {
        let events: Vec<_> =
            history.iter().filter(|event| (phase.began..phase.ended).contains(&event.answered)).collect();
        let errors: Vec<_> = events.iter().filter(|event| is_error(event)).collect();
        let seconds = |span: Duration| format!("{:.2}", span.as_secs_f64());
        let last = errors.iter().map(|event| event.answered).max();
        let longest = events.iter().map(|event| event.answered.saturating_sub(event.invoked)).max().unwrap_or_default();
        println!(
            "{:42} {:7} {:7} {:>9} {:>9} {:>9} {:>9}  {}",
            phase.fault.name(),
            events.len(),
            events.len() - errors.len(),
            seconds(phase.healed.saturating_sub(phase.began)),
            last.map_or_else(|| "-".to_owned(), |last| seconds(last.saturating_sub(phase.began))),
            phase.well.map_or_else(|_| "never".to_owned(), |well| seconds(well.saturating_sub(phase.healed))),
            seconds(longest),
            by_kind(&errors),
        );
    }
    println!(
        "fault: how long it lasted; errors: from its beginning to the last error; well: from its end until every node was ready\n\
         and served; longest: the longest wait for an answer that came meanwhile"
    );
}

/// What a node has to answer within: a token and its user are read within the limit of a statement together; what is written has
/// a limit of its own, and what is read before it is remembered.
fn limit(what: What) -> Duration {
    match what {
        What::Verify => STATEMENT_TIMEOUT,
        What::Mint | What::Revoke => CONNECT_TIMEOUT + STATEMENT_TIMEOUT,
    }
}

/// Prints what the operator of a service asks of each fault: what was lost, for how long a revoked token was accepted, and how
/// long somebody waited who asked a node itself.
pub fn print_promises(phases: &[Phase], history: &[Event]) {
    println!(
        "\n{:42} {:>10} {:>12} {:>5} {:>10} {:>7} {:>8} {:>8}",
        "", "operations", "acknowledged", "lost", "accepted s", "mint s", "verify s", "revoke s"
    );
    let violations = history::check(history, BOUND);
    for phase in phases {
        let is_in = |moment: Duration| (phase.began..phase.ended).contains(&moment);
        let events: Vec<_> = history.iter().filter(|event| is_in(event.answered)).collect();
        let changes = events.iter().filter(|event| event.what != What::Verify && event.outcome == Outcome::Done);
        let lost = violations.iter().filter(|found| found.kind == ViolationKind::Lost && is_in(found.at)).count();
        let longest = |what: What| longest_wait(&events, what).as_secs_f64();
        println!(
            "{:42} {:10} {:12} {:5} {:10.2} {:7.2} {:8.2} {:8.2}",
            phase.fault.name(),
            events.len(),
            changes.count(),
            lost,
            longest_acceptance(&events, history).as_secs_f64(),
            longest(What::Mint),
            longest(What::Verify),
            longest(What::Revoke),
        );
    }
    println!(
        "acknowledged: mints and revocations; accepted: the longest time from an acknowledged revocation to the start of a request\n\
         that found the token good; mint, verify, revoke: the longest wait for an answer of a node itself"
    );
}

/// From an acknowledged revocation to the start of one of these requests that found the token good.
fn longest_acceptance(events: &[&Event], history: &[Event]) -> Duration {
    let mut revoked: BTreeMap<usize, Duration> = BTreeMap::new();
    for event in history.iter().filter(|event| event.what == What::Revoke && event.outcome == Outcome::Done) {
        if let Some(token) = event.token {
            let first = revoked.entry(token).or_insert(event.answered);
            *first = event.answered.min(*first);
        }
    }
    let good = events.iter().filter(|event| event.what == What::Verify && event.outcome == Outcome::Done);
    let late = good.filter_map(|event| Some(event.invoked.saturating_sub(*revoked.get(&event.token?)?)));
    late.max().unwrap_or_default()
}

fn longest_wait(events: &[&Event], what: What) -> Duration {
    let asked = events.iter().filter(|event| event.what == what && matches!(event.via, Via::Node(_)));
    asked.map(|event| event.answered.saturating_sub(event.invoked)).max().unwrap_or_default()
}

fn is_error(event: &Event) -> bool {
    !matches!(event.outcome, Outcome::Done | Outcome::Refused)
}

fn by_kind(errors: &[&&Event]) -> String {
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for event in errors {
        let via = if event.via == Via::Balancer { "balancer" } else { "nodes" };
        *kinds.entry((via, kind(&event.outcome))).or_default() += 1;
    }
    let told: Vec<_> = kinds.iter().map(|((via, kind), count)| format!("{via}: {count} {kind}")).collect();
    told.join(", ")
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done | Outcome::Refused => "served",
        Outcome::Unavailable => "503",
        Outcome::Unreachable => "unreachable",
        Outcome::Broken => "broken",
        Outcome::Silence => "without an answer",
        Outcome::Odd(_) => "odd",
    }
}

/// What must hold; each with whether it does.
pub struct Verdict {
    lines: Vec<(String, bool)>,
}

impl Verdict {
    pub fn of(cluster: &Cluster, phases: &[Phase], history: &[Event]) -> Self {
        let mut verdict = Self { lines: Vec::new() };
        let count = |what: What, outcome: &Outcome| {
            history.iter().filter(|event| event.what == what && event.outcome == *outcome).count()
        };
        verdict.note(format!("operations: {}", history.len()), !history.is_empty());
        let (minted, revoked) = (count(What::Mint, &Outcome::Done), count(What::Revoke, &Outcome::Done));
        verdict.note(format!("tokens minted: {minted}"), minted > 0);
        verdict.note(format!("tokens revoked: {revoked}"), revoked > 0);
        verdict.judge(history);
        let tokens = cluster.load.tokens();
        verdict.none("tokens handed out twice", history::duplicates(tokens.iter().map(|token| &**token)));
        verdict.look_into_store(cluster, minted, history);
        let kept_waiting = history.iter().filter(|event| event.outcome == Outcome::Silence).count();
        verdict.none("requests without an answer in time", kept_waiting);
        let odd: Vec<_> = history.iter().filter(|event| matches!(event.outcome, Outcome::Odd(_))).collect();
        verdict.none("answers that are not foreseen", odd.len());
        for event in odd.iter().take(SHOWN) {
            println!("not foreseen: {event:?}");
        }
        verdict.look_at(phases, history);
        verdict.look_at_waits(history);
        verdict
    }

    fn judge(&mut self, history: &[Event]) {
        let violations = history::check(history, BOUND);
        for (kind, name) in [
            (ViolationKind::Lost, "acknowledged tokens lost"),
            (ViolationKind::AcceptedAfterRevocation, "revoked tokens accepted after the bound of 1 s"),
            (ViolationKind::AcceptedAfterRefusal, "refused tokens accepted after the bound of 1 s"),
        ] {
            let of_kind: Vec<_> = violations.iter().filter(|violation| violation.kind == kind).collect();
            self.none(name, of_kind.len());
            if let Some(first) = of_kind.first() {
                println!("{name}, the first one: {first:?}. What led to it:");
                let of_token = history.iter().filter(|event| event.token == Some(first.token));
                for event in of_token.filter(|event| event.what != What::Verify || event.invoked == first.at) {
                    println!("  {event:?}");
                }
            }
        }
    }

    /// What the database that is left says itself.
    fn look_into_store(&mut self, cluster: &Cluster, minted: usize, history: &[Event]) {
        let ask = |sql: &str| -> usize {
            let answer = cluster.database.sql(sql).unwrap();
            answer.parse().unwrap_or_else(|_| panic!("{sql}: {answer}"))
        };
        let stored = ask("SELECT count(*) FROM tokens");
        let unknown = history
            .iter()
            .filter(|event| event.what == What::Mint)
            .filter(|event| matches!(event.outcome, Outcome::Unavailable | Outcome::Broken | Outcome::Silence))
            .count();
        let name = format!("stored tokens: {stored}; acknowledged {minted}, and {unknown} that may have been minted");
        self.note(name, (minted..=minted + unknown).contains(&stored));
        self.none(
            "tokens minted twice",
            ask("SELECT count(*) FROM (SELECT 1 FROM audit WHERE action = 'token.mint' GROUP BY token HAVING count(*) > 1) x"),
        );
        self.none(
            "tokens without their audit row, and the other way round",
            ask("SELECT count(*) FROM tokens FULL JOIN (SELECT token FROM audit WHERE action = 'token.mint') a ON a.token = id \
                 WHERE a.token IS NULL OR id IS NULL"),
        );
        let audit = cluster.verify_audit();
        self.note("audit verify finds nothing wrong with any chain".to_owned(), audit.is_ok());
        if let Err(told) = audit {
            println!("audit verify: {told}");
        }
    }

    fn look_at(&mut self, phases: &[Phase], history: &[Event]) {
        let unwell = phases.iter().filter(|phase| phase.well.is_err()).count();
        self.none("faults that were not recovered from", unwell);
        let untold = phases.iter().map(|phase| phase.untold).sum();
        self.none("nodes that did not say at /readyz that nothing could be stored", untold);
        for CutOff { node, from, until, told } in phases.iter().filter_map(|phase| phase.cut_off) {
            // A node counts in whole milliseconds.
            let from = from + MAX_STALENESS + Duration::from_millis(5);
            let answers = history.iter().filter(|event| {
                let meanwhile = event.invoked > from && event.answered < until;
                event.what == What::Verify && event.via == Via::Node(node) && meanwhile
            });
            let (refused, believed): (Vec<_>, Vec<_>) = answers.partition(|event| is_error(event));
            let count = refused.len();
            self.note(format!("verifications that a node refused while it was cut off: {count}"), count > 0);
            self.none("those that it answered from memory, later than token.max_staleness", believed.len());
            self.note("it says so at /readyz".to_owned(), told);
        }
    }

    fn look_at_waits(&mut self, history: &[Event]) {
        for (what, name) in [(What::Mint, "mints"), (What::Verify, "verifications"), (What::Revoke, "revocations")] {
            let limit = limit(what) + GRACE;
            let late = history.iter().filter(|event| event.what == what && matches!(event.via, Via::Node(_)));
            let late = late.filter(|event| event.answered.saturating_sub(event.invoked) > limit).count();
            self.none(&format!("{name} that a node answered later than {} s", limit.as_secs_f64()), late);
        }
    }

    fn none(&mut self, what: &str, count: usize) {
        self.note(format!("{what}: {count}"), count == 0);
    }

    fn note(&mut self, what: String, holds: bool) {
        self.lines.push((what, holds));
    }

    pub fn print(&self) {
        println!();
        for (what, holds) in &self.lines {
            println!("{}  {what}", if *holds { "holds " } else { "BROKEN" });
        }
    }

    pub fn holds(&self) -> bool {
        self.lines.iter().all(|(_, holds)| *holds)
    }
}
