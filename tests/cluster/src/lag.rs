//! Failovers to a standby that has not heard of the last transactions.
//!
//! What was acknowledged in that time is lost, that is how asynchronous replication works. But the nodes must notice: a node that
//! goes on with what it read of the old primary can miss changes that the new one holds under the same numbers. So whatever is
//! revoked after the failover is judged, and whatever a node has refused since.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::history::{self, Event, Outcome, ViolationKind, What};
use crate::report::BOUND;
use crate::wait;

/// How long the load goes on before and after each failover.
const BEFORE: Duration = Duration::from_secs(2);
const AFTER: Duration = Duration::from_secs(2);
/// Tokens that are revoked at each: a third right before it, the others right after it.
const REVOKED: usize = 90;
/// After a promotion every node is to be ready and to serve within this.
const READY: Duration = Duration::from_secs(5);
/// By how much the standby lags.
const LAGS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(50)];

/// What came of one failover.
struct Round {
    lag: Duration,
    /// Whether the database tells nodes which server it is.
    tells: bool,
    operations: usize,
    /// Revocations that were acknowledged before it and are gone.
    undone: usize,
    /// Those that were acknowledged after it.
    revoked: usize,
    /// Tokens of those that were accepted later than the bound, or after a node had refused them.
    accepted: BTreeSet<usize>,
    /// Until every node was ready and served again.
    well: Result<Duration, &'static str>,
}

/// Runs the rounds; true when all is as it must be.
pub async fn run(zonemint: &Path, rounds: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(zonemint, folder.path()).await;
    println!(
        "{:>5} {:>7} {:>12} {:>10} {:>7} {:>8} {:>9} {:>7}",
        "round", "lag ms", "server known", "operations", "undone", "revoked", "accepted", "well s"
    );
    let mut holds = true;
    let (mut undone, mut revoked, mut longest) = (0, 0, Duration::ZERO);
    for number in 0..rounds {
        // Every other time nobody tells the nodes that it is another server.
        let round = fail_over(&mut cluster, LAGS[number / 2 % LAGS.len()], number.is_multiple_of(2)).await;
        println!(
            "{:5} {:7} {:>12} {:10} {:7} {:8} {:9} {:>7}",
            number + 1,
            round.lag.as_millis(),
            if round.tells { "yes" } else { "no" },
            round.operations,
            round.undone,
            round.revoked,
            round.accepted.len(),
            round.well.map_or_else(|_| "never".to_owned(), |well| format!("{:.2}", well.as_secs_f64())),
        );
        (undone, revoked) = (undone + round.undone, revoked + round.revoked);
        holds &= round.accepted.is_empty() && round.revoked > 0;
        longest = longest.max(round.well.unwrap_or(Duration::MAX));
    }
    for (node, name) in cluster.names().enumerate() {
        let detail = cluster.load.detail(node).await;
        holds &= detail.is_some();
        println!("{name} says at /readyz: {}", detail.as_deref().unwrap_or("nothing"));
    }
    println!(
        "undone: revocations that were acknowledged before a failover and are gone, {undone}; revoked: those that were acknowledged\n\
         after it, {revoked}; accepted: tokens of these that a node accepted later than {:.0} s afterwards, or that another node had refused",
        BOUND.as_secs_f64()
    );
    let ready = longest <= READY;
    if !holds || !ready {
        crate::show_logs(&cluster);
    }
    let word = |holds| if holds { "holds " } else { "BROKEN" };
    println!("{}  nothing that was revoked after a failover is accepted", word(holds));
    println!("{}  after a promotion every node serves within {:.0} s", word(ready), READY.as_secs_f64());
    holds && ready
}

async fn fail_over(cluster: &mut Cluster, lag: Duration, tells: bool) -> Round {
    let function = "EXECUTE ON FUNCTION pg_control_system()";
    let sql = if tells { format!("GRANT {function} TO PUBLIC") } else { format!("REVOKE {function} FROM PUBLIC") };
    cluster.database.sql(&sql).unwrap();
    cluster.database.add_lagging_standby(lag).await;
    cluster.well().await.expect("all is well before");
    let before = cluster.load.now();
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let clients = cluster.load.start(&stopping);
    wait::pass(BEFORE).await;
    let (own, tokens) = cluster.load.take_many(REVOKED).await;
    // From here on all nodes remember them.
    cluster.load.show_all(tokens.iter().copied()).await;
    // Changes that the standby has not heard of: others will come to stand under their numbers.
    let (before_it, after_it) = tokens.split_at(tokens.len() / 3);
    cluster.load.revoke_all(&own, before_it).await;
    cluster.fail_over_with_losses();
    let promoted = cluster.load.now();
    let load = Arc::clone(&cluster.load);
    let well = async { cluster.well().await.map(|()| load.now().saturating_sub(promoted)) };
    let (well, ()) = tokio::join!(well, load.revoke_all(&own, after_it));
    wait::pass(AFTER).await;
    stop.send_replace(true);
    for client in clients {
        client.await.unwrap();
    }
    let revoked = revoked(&cluster.load.history(), |event| event.invoked >= promoted);
    wait::pass(BOUND).await;
    cluster.load.show_all(revoked.iter().copied()).await;
    let mut history = cluster.load.history();
    history.retain(|event| event.invoked >= before);
    let earlier = self::revoked(&history, |event| event.answered < promoted);
    let is_late = |event: &&Event| event.invoked > promoted + BOUND;
    let good: BTreeSet<_> = history
        .iter()
        .filter(is_late)
        .filter(|event| event.what == What::Verify && event.outcome == Outcome::Done)
        .filter_map(|event| event.token)
        .collect();
    // Of a token whose revocation was asked for before, nobody knows whether it is revoked.
    let asked = |event: &&Event| event.what == What::Revoke && event.invoked < promoted;
    let unclear: BTreeSet<_> = history.iter().filter(asked).filter_map(|event| event.token).collect();
    let since: Vec<_> = history
        .iter()
        .filter(|event| event.invoked >= promoted && event.token.is_some_and(|token| !unclear.contains(&token)))
        .cloned()
        .collect();
    let violations = history::check(&since, BOUND);
    Round {
        lag,
        tells,
        operations: history.len(),
        undone: earlier.intersection(&good).count(),
        revoked: revoked.len(),
        // What was minted before the failover may be lost.
        accepted: violations
            .iter()
            .filter(|found| found.kind != ViolationKind::Lost)
            .map(|found| found.token)
            .collect(),
        well,
    }
}

/// The tokens of acknowledged revocations.
fn revoked(history: &[Event], which: impl Fn(&Event) -> bool) -> BTreeSet<usize> {
    let done = history.iter().filter(|event| event.what == What::Revoke && event.outcome == Outcome::Done);
    done.filter(|event| which(event)).filter_map(|event| event.token).collect()
}
