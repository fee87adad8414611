//! Three nodes on a PostgreSQL primary with a synchronous standby, behind HAProxy, all on this machine: under load they suffer
//! one fault after the other.
//!
//! `cargo run --manifest-path tests/cluster/Cargo.toml -- PATH_OF_ZONEMINT [SECONDS]` prints what happened, and succeeds when
//! nothing that was acknowledged was lost, nothing was there twice, and no revoked token was accepted later than the bound.
//! SECONDS is how long the load goes on undisturbed after each fault. Needs PostgreSQL and HAProxy, of Debian or in PATH.
//!
//! `… -- PATH_OF_ZONEMINT lag [ROUNDS]` fails over to a standby that has not heard of the last transactions, again and again. It
//! succeeds when nothing that was revoked since was accepted later than the bound.
//!
//! Machines differ in speed, and this one is shared: what is judged are the bound for revocations, from the acknowledgement to the
//! *start* of a request, and, with a second more than the settings say, how long a node lets somebody wait.

#![expect(clippy::disallowed_methods, reason = "processes are tested from outside, with the real clock")]

mod cluster;
mod database;
mod history;
mod lag;
mod load;
mod nodes;
mod proxy;
mod report;
mod wait;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Fault};
use report::{BOUND, Verdict};

/// Clients that look at all tokens at the end.
const LOOKING: usize = 16;
/// Lines of each log that are shown when something did not hold.
const SHOWN: usize = 30;

/// This thread starts all processes: they end with it.
#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let zonemint = arguments.next().expect("give the path of the zonemint program");
    let zonemint = Path::new(&zonemint);
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("it is the first");
    let holds = match arguments.next().as_deref() {
        Some("lag") => lag::run(zonemint, arguments.next().map_or(2, |rounds| rounds.parse().expect("a number"))).await,
        seconds => {
            let steady = seconds.map_or(1.5, |text| text.parse().expect("a number of seconds"));
            run(zonemint, Duration::from_secs_f64(steady)).await
        }
    };
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(zonemint: &Path, steady: Duration) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(zonemint, folder.path()).await;
    println!("three nodes are ready after {:.1} s", cluster.load.now().as_secs_f64());
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let clients = cluster.load.start(&stopping);
    let mut phases = Vec::new();
    for fault in Fault::ALL {
        println!("{:5.1} s: {}", cluster.load.now().as_secs_f64(), fault.name());
        phases.push(cluster.suffer(fault, steady).await);
    }
    stop.send_replace(true);
    for client in clients {
        client.await.unwrap();
    }
    println!("{:5.1} s: every token is looked at once more", cluster.load.now().as_secs_f64());
    wait::pass(BOUND).await;
    Arc::clone(&cluster.load).verify_all(LOOKING).await;
    println!("{:5.1} s: done", cluster.load.now().as_secs_f64());
    let history = cluster.load.history();
    report::print_phases(&phases, &history);
    report::print_promises(&phases, &history);
    let verdict = Verdict::of(&cluster, &phases, &history);
    verdict.print();
    if !verdict.holds() {
        show_logs(&cluster);
    }
    verdict.holds()
}

fn show_logs(cluster: &Cluster) {
    for name in cluster.names().chain(["haproxy"]) {
        let log = std::fs::read_to_string(cluster.shared.log(name)).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        println!("\nthe end of the log of {name}:");
        for line in &lines[lines.len().saturating_sub(SHOWN)..] {
            println!("  {line}");
        }
    }
}
