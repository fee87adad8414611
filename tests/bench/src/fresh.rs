//! A new connection for each request, as scripts open them: a handshake, one answer, and the end.
//!
//! What counts is the processor time that a server takes for a connection, as a ratio to that of the bare server in the same turns.

use std::time::Duration;

use super::load::{self, Load, Sessions};
use super::program::Program;
use super::{median, requests};

const ROUNDS: usize = 9;

/// Measures with full handshakes, and with resumed ones.
pub fn measure(zonemint: &str, turn: Duration) {
    let program = Program::zonemint(zonemint, &[]);
    let bare = Program::bare(program.folder());
    let load = Load::new(&program.certificate());
    let [verify, _, mint, _] = requests(&load, program.port);
    println!("{:34} {:>13} {:>9} {:>9}", "", "processor us", "ratio", "a second");
    for (name, sessions) in [("full", Sessions::Forgotten), ("resumed", Sessions::Resumed)] {
        let kinds = [
            ("bare axum and rustls".to_owned(), &bare, load::request("GET", "/", "")),
            (verify.0.to_owned(), &program, verify.1.clone()),
            (mint.0.to_owned(), &program, mint.1.clone()),
        ];
        let mut turns = kinds.each_ref().map(|_| Vec::new());
        for round in 0..=ROUNDS {
            for ((_, server, request), turns) in kinds.iter().zip(&mut turns) {
                let before = server.processor_s();
                let connections = load.run_fresh(server.port, request, turn, sessions);
                // The first round warms up and does not count.
                if round > 0 {
                    turns.push((processor_us(server.processor_s() - before, connections), connections));
                }
            }
        }
        for (((name_of_request, ..), of_kind), number) in kinds.iter().zip(&turns).zip(0..) {
            let us = median(of_kind.iter().map(|(us, _)| *us).collect());
            let ratios = of_kind.iter().zip(&turns[0]).map(|((us, _), (yardstick, _))| us / yardstick).collect();
            let rate = median(of_kind.iter().map(|(_, connections)| rate(*connections, turn)).collect());
            let ratio = if number == 0 { 1.0 } else { median(ratios) };
            println!("{:34} {us:13.1} {ratio:9.3} {rate:9.0}", format!("{name}: {name_of_request}"));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is far below 2^52")]
fn processor_us(seconds: f64, connections: usize) -> f64 {
    seconds * 1e6 / connections as f64
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is far below 2^52")]
fn rate(connections: usize, turn: Duration) -> f64 {
    connections as f64 / turn.as_secs_f64()
}
