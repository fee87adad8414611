//! Measures the server as a whole, beside a bare axum and rustls server in the same run.
//!
//! `cargo run --release --manifest-path tests/bench/Cargo.toml -- PATH_OF_ZONEMINT [SECONDS]` starts both with the same
//! certificate, and in turns sends each the same load from this process over kept-alive connections. What counts is the
//! ratio: the machine is shared with the load, and its speed changes from minute to minute.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

mod bare;
mod load;
mod passwords;
mod program;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use load::{Load, Measured};
use program::{Program, USER};

/// Turns that each server takes; the median of a kind's turns is what is told.
const ROUNDS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().expect("give the path of the zonemint program");
    if first == "bare" {
        bare::serve(&arguments.next().expect("the folder of the certificate"));
        return;
    }
    let seconds = arguments.next().map_or(3.0, |text| text.parse().expect("a number of seconds"));
    measure(&first, Duration::from_secs_f64(seconds));
}

fn measure(zonemint: &str, turn: Duration) {
    let program = Program::zonemint(zonemint, &[]);
    let bare = Program::bare(program.folder());
    let load = Load::new(&program.certificate());
    let basic = format!("authorization: Basic {}\r\n", STANDARD.encode(USER));
    let token = load.token(program.port, &basic);
    let with_token = format!("x-auth-token: {token}\r\n");
    let api = "/api/v3/onezone";
    let kinds = [
        ("bare axum and rustls", bare.port, load::request("GET", "/", "")),
        ("verify: GET /user with a token", program.port, load::request("GET", &format!("{api}/user"), &with_token)),
        (
            "verify: POST verify_access_token",
            program.port,
            load::post_json(&format!("{api}/tokens/verify_access_token"), &format!(r#"{{"token":"{token}"}}"#)),
        ),
        (
            "mint: a remembered password",
            program.port,
            load::request("POST", &format!("{api}/user/client_tokens"), &basic),
        ),
        ("mint: with a token", program.port, load::request("POST", &format!("{api}/user/client_tokens"), &with_token)),
    ];
    let mut turns: Vec<Vec<Measured>> = kinds.iter().map(|_| Vec::new()).collect();
    for round in 0..=ROUNDS {
        for ((_, port, request), turns) in kinds.iter().zip(&mut turns) {
            // The first round warms up and does not count.
            let measured = load.run(*port, request, if round == 0 { Duration::from_millis(500) } else { turn });
            if round > 0 {
                turns.push(measured);
            }
        }
    }
    let rate = |turns: &[Measured]| median(turns.iter().map(|turn| turn.rate).collect());
    let yardstick = rate(&turns[0]);
    println!("{:34} {:>9} {:>6} {:>9} {:>9}", "", "answers/s", "ratio", "p50 us", "p99 us");
    for ((name, ..), turns) in kinds.iter().zip(&turns) {
        let (p50, p99) = (|turn: &Measured| turn.p50_us, |turn: &Measured| turn.p99_us);
        let of = |what: fn(&Measured) -> f64| median(turns.iter().map(what).collect());
        println!("{name:34} {:9.0} {:6.2} {:9.0} {:9.0}", rate(turns), rate(turns) / yardstick, of(p50), of(p99));
    }
    println!(
        "idle and peak memory of zonemint afterwards: {} KiB, {} KiB",
        program.memory("VmRSS"),
        program.memory("VmHWM")
    );
    passwords::measure(zonemint, &load, turn);
}

/// The median.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
