//! How fast ours mints, checks and writes a token, beside the crates `macaroon` and `libmacaroon` in the same process.
//!
//! Each starts from the same 32 bytes of secret, because a service that keeps no secret per token has to derive the
//! format's key each time. After criterion's groups a loop of our own runs the contestants in short turns and compares
//! them within each round, so that a change in the machine's speed hits all alike; the process fails when ours is slower
//! than the faster of the others.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::Criterion;
use zonemint::caveat::{Caveat, Request};
use zonemint::macaroon::{Encoding, Limits, Macaroon, RootSecret};

const LOCATION: &str = "onezone";
const IDENTIFIER: &str = "JUq4aKVBRMuE7qKlsPTyM_IKxzXesVuQR0c_2Wi9qY4";
const CAVEAT: &str = "time < 1900000000";
const NOW: u64 = 1_800_000_000;
const SECRET: [u8; 32] = [0x5a; 32];

/// How much slower than the fastest ours may measure before the process fails: repeated runs of the same code differ by a
/// few percent.
const TOLERANCE: f64 = 0.05;
const ROUNDS: usize = 501;
/// Short, so that what else the machine does rarely falls between two turns of one round.
const TURN: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    macaroon::initialize().expect("libsodium starts");
    let short = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    let mut criterion = short.configure_from_args();
    for contest in contests() {
        let mut group = criterion.benchmark_group(contest.name);
        for (name, run) in contest.all() {
            group.bench_function(name, |bencher| bencher.iter(run));
        }
        group.finish();
    }
    criterion.final_summary();
    // `cargo test --benches` and `--list` only ask whether the benchmarks run.
    if std::env::args().any(|argument| argument == "--bench") { summary() } else { ExitCode::SUCCESS }
}

/// One thing to do, by each implementation. The first is ours, and so are the extras.
struct Contest {
    name: &'static str,
    ours: Run,
    others: [(&'static str, Run); 2],
    extra: Option<(&'static str, Run)>,
}

type Run = Box<dyn Fn()>;

impl Contest {
    fn all(&self) -> impl Iterator<Item = (&'static str, &Run)> {
        let others = self.others.iter().chain(&self.extra).map(|(name, run)| (*name, run));
        std::iter::once(("zonemint", &self.ours)).chain(others)
    }
}

fn contests() -> [Contest; 3] {
    [
        Contest {
            name: "mint",
            ours: run(mint),
            others: [("macaroon", run(mint_with_macaroon)), ("libmacaroon", run(mint_with_libmacaroon))],
            extra: None,
        },
        parse_and_verify(),
        encode_text(),
    ]
}

fn parse_and_verify() -> Contest {
    let text = mint().to_text(Encoding::BASE64URL).unwrap();
    let base62 = mint().to_text(Encoding::Onezone).unwrap();
    let (for_macaroon, for_libmacaroon) = (text.clone(), text.clone());
    let mut macaroon_verifier = macaroon::Verifier::default();
    macaroon_verifier.satisfy_general(|caveat| in_time(&caveat.0));
    let mut libmacaroon_verifier = libmacaroon::Verifier::default();
    libmacaroon_verifier.satisfy_general(in_time);
    Contest {
        name: "parse and verify",
        ours: run(move || verify(&text)),
        others: [
            ("macaroon", run(move || verify_with_macaroon(&macaroon_verifier, &for_macaroon))),
            ("libmacaroon", run(move || verify_with_libmacaroon(&libmacaroon_verifier, &for_libmacaroon))),
        ],
        extra: Some(("zonemint, from base62", run(move || verify(&base62)))),
    }
}

fn encode_text() -> Contest {
    let (ours, ours_too, theirs, also_theirs) = (mint(), mint(), mint_with_macaroon(), mint_with_libmacaroon());
    Contest {
        name: "text encoding",
        ours: run(move || ours.to_text(Encoding::BASE64URL).unwrap()),
        others: [
            ("macaroon", run(move || theirs.serialize(macaroon::Format::V1))),
            ("libmacaroon", run(move || also_theirs.serialize(libmacaroon::Format::V1))),
        ],
        extra: Some(("zonemint, to base62", run(move || ours_too.to_text(Encoding::Onezone).unwrap()))),
    }
}

fn run<T>(work: impl Fn() -> T + 'static) -> Run {
    Box::new(move || drop(black_box(work())))
}

fn mint() -> Macaroon {
    let secret = RootSecret::new(black_box(&SECRET));
    let mut token = Macaroon::mint(&secret, black_box(LOCATION), black_box(IDENTIFIER).as_bytes()).expect("mints");
    token.narrow(black_box(CAVEAT).as_bytes()).expect("narrows");
    token
}

fn mint_with_macaroon() -> macaroon::Macaroon {
    let key = macaroon::MacaroonKey::generate(black_box(&SECRET));
    let location = Some(black_box(LOCATION).to_owned());
    let mut token = macaroon::Macaroon::create(location, &key, black_box(IDENTIFIER).into()).expect("mints");
    token.add_first_party_caveat(black_box(CAVEAT).into());
    token
}

fn mint_with_libmacaroon() -> libmacaroon::Macaroon {
    let key = libmacaroon::MacaroonKey::generate(black_box(&SECRET));
    let location = Some(black_box(LOCATION));
    let mut token = libmacaroon::Macaroon::create(location, &key, black_box(IDENTIFIER)).expect("mints");
    token.add_first_party_caveat(black_box(CAVEAT)).expect("narrows");
    token
}

fn verify(text: &str) {
    let (token, _) = Macaroon::parse(black_box(text), &Limits::default()).expect("parses");
    let verified = token.verify(&RootSecret::new(black_box(&SECRET))).expect("verifies");
    let request = Request::at(black_box(NOW));
    for caveat in verified.caveats() {
        Caveat::parse(caveat.cid).expect("is known").check(&request).expect("holds");
    }
}

fn verify_with_macaroon(verifier: &macaroon::Verifier, text: &str) {
    let token = macaroon::Macaroon::deserialize(black_box(text)).expect("parses");
    let key = macaroon::MacaroonKey::generate(black_box(&SECRET));
    verifier.verify(&token, &key, Vec::new()).expect("verifies");
}

fn verify_with_libmacaroon(verifier: &libmacaroon::Verifier, text: &str) {
    let token = libmacaroon::Macaroon::deserialize(black_box(text)).expect("parses");
    let key = libmacaroon::MacaroonKey::generate(black_box(&SECRET));
    verifier.verify(&token, &key, &[]).expect("verifies");
}

/// What the other crates' verifiers ask us: the check that ours does in [`Caveat::check`], without its canonical form.
fn in_time(caveat: &[u8]) -> bool {
    let until = str::from_utf8(caveat).ok().and_then(|text| text.strip_prefix("time < "));
    until.and_then(|until| until.parse().ok()).is_some_and(|until: u64| black_box(NOW) < until)
}

/// Prints how ours compares, and fails when it is slower.
fn summary() -> ExitCode {
    println!("\nzonemint beside the fastest other, median of {ROUNDS} rounds; over 1.00 zonemint is faster");
    println!("fails under 1.00, with {:.0} % of tolerance for noise\n", TOLERANCE * 100.0);
    let mut result = ExitCode::SUCCESS;
    for contest in contests() {
        let rounds = rounds(&contest.all().map(|(_, run)| run).collect::<Vec<_>>());
        let speed = median(rounds.iter().map(|seconds| seconds[1].min(seconds[2]) / seconds[0]));
        let verdict = if speed < 1.0 - TOLERANCE { "SLOWER" } else { "ok" };
        println!("{:<20} {speed:5.2} x   {verdict}", contest.name);
        for (who, (name, _)) in contest.all().enumerate() {
            println!("    {name:<24} {:6.0} ns", median(rounds.iter().map(|seconds| seconds[who])) * 1e9);
        }
        if verdict != "ok" {
            result = ExitCode::FAILURE;
        }
    }
    result
}

/// Seconds that one call takes, for each contestant in each round.
fn rounds(runs: &[&Run]) -> Vec<Vec<f64>> {
    let calls: Vec<u32> = runs.iter().map(|run| calls_per_turn(run)).collect();
    let turn = |who: usize| time(runs[who], calls[who]).as_secs_f64() / f64::from(calls[who]);
    (0..ROUNDS).map(|_| (0..runs.len()).map(turn).collect()).collect()
}

/// Doubles until one turn is long enough for the clock; this warms up, too.
fn calls_per_turn(run: &Run) -> u32 {
    let mut calls = 1;
    while calls < 1 << 24 && time(run, calls) < TURN {
        calls *= 2;
    }
    calls
}

fn time(run: &Run, calls: u32) -> Duration {
    let started = Instant::now();
    (0..calls).for_each(|_| run());
    started.elapsed()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
