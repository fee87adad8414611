//! Measures the server as a whole, beside a bare axum and rustls server in the same run.
//!
//! `cargo run --release --manifest-path tests/bench/Cargo.toml -- PATH_OF_ZONEMINT [SECONDS [postgres://…]]` starts both with
//! the same certificate, and in turns sends each the same load from this process over kept-alive connections. What counts is
//! the ratio: the machine is shared with the load, and its speed changes from minute to minute. With the address of an empty
//! database, two nodes on it are measured too.
//!
//! `… -- count PATH_OF_ZONEMINT` counts instructions and allocations of an answer below valgrind, and fails where they are too many.
//! `… -- storm PATH_OF_ZONEMINT [SECONDS]` measures verification while 64 connections try wrong passwords, beside verification
//! alone. `… -- times PATH_OF_ZONEMINT [COUNT]` tells, with throttling off, whether the time of a refusal tells names apart.
//! `… -- fresh PATH_OF_ZONEMINT [SECONDS]` measures a new connection for each request, with full and with resumed handshakes.
//! `… -- compare PATH_OF_ZONEMINT PATH_OF_AN_EARLIER_ONE [ROUNDS]` measures two builds in turns.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

mod bare;
mod compare;
mod count;
mod fresh;
mod load;
mod passwords;
mod program;
mod storm;
mod times;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use load::{Load, Measured};
use program::{Program, USER};

/// Turns of each server; the result is the median of a kind's turns.
const ROUNDS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().expect("give the path of the zonemint program");
    if first == "bare" {
        bare::serve(&arguments.next().expect("the folder of the certificate"));
        return;
    }
    if first == "compare" {
        let mut path = || arguments.next().expect("give the paths of two zonemint programs");
        let programs = [path(), path()];
        let rounds = arguments.next().map_or(40, |text| text.parse().expect("a number of rounds"));
        compare::measure(&programs, rounds);
        return;
    }
    if first == "count" {
        count::check(&count::count(&arguments.next().expect("give the path of the zonemint program")));
        return;
    }
    if first == "fresh" {
        let zonemint = arguments.next().expect("give the path of the zonemint program");
        let seconds = arguments.next().map_or(1.0, |text| text.parse().expect("a number of seconds"));
        fresh::measure(&zonemint, Duration::from_secs_f64(seconds));
        return;
    }
    if first == "storm" || first == "times" {
        let zonemint = arguments.next().expect("give the path of the zonemint program");
        let number = arguments.next().map(|text| text.parse().expect("a number"));
        if first == "storm" {
            storm::measure(&zonemint, Duration::from_secs(number.unwrap_or(60)));
        } else {
            times::measure(&zonemint, usize::try_from(number.unwrap_or(1_000)).unwrap());
        }
        return;
    }
    let seconds = arguments.next().map_or(3.0, |text| text.parse().expect("a number of seconds"));
    measure(&first, Duration::from_secs_f64(seconds), arguments.next().as_deref());
}

/// What servers are asked for most, by name, with the credentials of a server that runs.
fn requests(load: &Load, port: u16) -> [(&'static str, String); 4] {
    let basic = format!("authorization: Basic {}\r\n", STANDARD.encode(USER));
    let token = load.token(port, &basic);
    let with_token = format!("x-auth-token: {token}\r\n");
    let api = "/api/v3/onezone";
    let mint = |headers: &str| load::request("POST", &format!("{api}/user/client_tokens"), headers);
    let body = format!(r#"{{"token":"{token}"}}"#);
    [
        ("verify: GET /user with a token", load::request("GET", &format!("{api}/user"), &with_token)),
        ("verify: POST verify_access_token", load::post_json(&format!("{api}/tokens/verify_access_token"), &body)),
        ("mint: a remembered password", mint(&basic)),
        ("mint: with a token", mint(&with_token)),
    ]
}

/// Two nodes on a database, with one certificate.
fn nodes(zonemint: &str, database: Option<&str>, first: &Program) -> Vec<Program> {
    let Some(database) = database else { return Vec::new() };
    let certificates = first.folder().join("certs");
    let start = |node| {
        let settings = [
            ("ZONEMINT_STORE__URL", database),
            ("ZONEMINT_STORE__TLS", "disable"),
            ("ZONEMINT_STORE__NODE", node),
            ("ZONEMINT_TLS__FOLDER", certificates.to_str().unwrap()),
            ("ZONEMINT_KEY_ENCRYPTION_KEY", KEY),
        ];
        Program::zonemint(zonemint, &settings)
    };
    ["one", "other"].map(start).into()
}

/// Of a database that a benchmark creates and deletes.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn measure(zonemint: &str, turn: Duration, database: Option<&str>) {
    let program = Program::zonemint(zonemint, &[]);
    let bare = Program::bare(program.folder());
    let load = Load::new(&program.certificate());
    let mut kinds = vec![("bare axum and rustls", vec![bare.port], load::request("GET", "/", ""))];
    kinds.extend(requests(&load, program.port).map(|(name, request)| (name, vec![program.port], request)));
    let nodes = nodes(zonemint, database, &program);
    if let [one, other] = &nodes[..] {
        let [(_, user), _, (_, mint), _] = requests(&load, one.port);
        let both = vec![one.port, other.port];
        kinds.extend([
            ("PostgreSQL: GET /user", vec![one.port], user.clone()),
            ("PostgreSQL, two nodes: GET /user", both.clone(), user),
            ("PostgreSQL: mint", vec![one.port], mint.clone()),
            ("PostgreSQL, two nodes: mint", both, mint),
        ]);
    }
    let mut turns: Vec<Vec<Measured>> = kinds.iter().map(|_| Vec::new()).collect();
    for round in 0..=ROUNDS {
        for ((_, ports, request), turns) in kinds.iter().zip(&mut turns) {
            // The first round warms up and does not count.
            let measured = load.run(ports, request, if round == 0 { Duration::from_millis(500) } else { turn });
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
