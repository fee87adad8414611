//! Whether the time of a refused sign-in tells names apart, with throttling off: Welch's t against a name that nobody has, for
//! each sort of password.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::load::{self, Load};
use super::program::Program;

/// The kinds of names, and one of each. All are measured against the first one.
const NAMES: [(&str, &str); 11] = [
    ("unknown", "nobody"),
    ("known", "admin"),
    ("blocked", "blocked"),
    ("imported, bcrypt of cost 5", "imported"),
    ("imported, bcrypt of cost 9", "dear"),
    ("imported, SHA-512 crypt", "shadow"),
    ("imported, yescrypt", "debian"),
    ("imported, argon2 as dear as ours", "django"),
    ("imported, PBKDF2", "flask"),
    ("given up for another name", "former"),
    ("impossible", "no name at all!"),
];
/// bcrypt of cost 5 (`crypt_blowfish`, wrapper.c), of [`PASSWORD`].
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// As long, and nobody's.
const DEAR_BCRYPT: &str = "$2a$09$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// Hashes of other kinds, all nobody's here.
const OTHERS: [(&str, &str); 4] = [
    ("shadow", "$6$saltsalt$CPgxBHZBXfhC6lX1yxpdEsbQfXmg3WXVj8AoVwyNFLfb5AtbfM8k6A8yehv1z6sgzoH/DUIs7YK9hVnGhTjhW/"),
    ("debian", "$y$j75$abcdefghijklmnopqrstu/$.4MO03URtYygYbYn/qNqr4pAzU26x1vl1BZw37piHBB"),
    (
        "django",
        "argon2$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    ),
    ("flask", "pbkdf2:sha256:50000$saltsalt$6b14db26ee5ce510b4542cb1814aebb0bd379ec3d2819af861bd7a3a6e4439ae"),
];
const PASSWORD: &str = "U*U";
/// How wrong passwords begin: plain, with a letter that makes three spellings of it, and as long as any.
const PASSWORDS: [(&str, &str, usize); 3] =
    [("plain", "wrong", 0), ("of three spellings", "wrong-e\u{301}", 0), ("and long", "wrong-e\u{301}", 900)];
/// Beyond it, two means are taken to differ (as where implementations are tested for leaks, ISO/IEC 17825).
const BOUND: f64 = 4.5;
/// Rounds that do not count: the server learns what an imported hash takes.
const WARM_UP: usize = 20;

pub fn measure(zonemint: &str, count: usize) {
    let settings = [
        ("ZONEMINT_LOGIN__DELAYS", "0s"),
        ("ZONEMINT_LOGIN__ADDRESS_BURST", "100000000"),
        ("ZONEMINT_LOGIN__REMEMBER", "0s"),
    ];
    let server = Program::zonemint(zonemint, &settings);
    let run = |arguments: &[&str], input: &str| server.command(zonemint, arguments, input);
    let users = [("imported", BCRYPT), ("blocked", BCRYPT), ("former", BCRYPT), ("dear", DEAR_BCRYPT)];
    let lines: Vec<_> = users.iter().chain(&OTHERS).map(|(name, hash)| format!("{name}:{hash}")).collect();
    run(&["user", "import", "--format", "htpasswd", "-"], &lines.join("\n"));
    run(&["user", "rename", "former", "renamed"], "");
    let load = Load::new(&server.certificate());
    load.runtime().block_on(async {
        let mut connection = load.connect(server.port).await;
        // The first good sign-in replaces the imported hash by one of the server's own.
        assert_eq!(connection.send(sign_in("blocked", PASSWORD).as_bytes()).await, 200);
    });
    run(&["user", "block", "blocked"], "");
    for (sort, begin, padding) in PASSWORDS {
        let samples = sample(&load, server.port, count, &format!("{begin}{}", "x".repeat(padding)));
        tell(sort, &samples);
    }
}

/// The times of `count` refusals for each name, in milliseconds.
fn sample(load: &Load, port: u16, count: usize, password: &str) -> Vec<Vec<f64>> {
    let mut samples: Vec<Vec<f64>> = NAMES.iter().map(|_| Vec::new()).collect();
    load.runtime().block_on(async {
        let mut connection = load.connect(port).await;
        for round in 0..count + WARM_UP {
            for turn in 0..NAMES.len() {
                // Each name follows each other one as often, as their number is prime.
                let at = (turn * (1 + round % (NAMES.len() - 1)) + round) % NAMES.len();
                let request = sign_in(NAMES[at].1, &format!("{password}-{round}"));
                let sent = Instant::now();
                assert_eq!(connection.send(request.as_bytes()).await, 401);
                if round >= WARM_UP {
                    samples[at].push(sent.elapsed().as_secs_f64() * 1e3);
                }
            }
        }
    });
    samples
}

fn tell(sort: &str, samples: &[Vec<f64>]) {
    println!("{:34} {:>9} {:>9} {:>9}", format!("refused passwords, {sort}"), "mean ms", "sd ms", "Welch's t");
    for ((name, _), times) in NAMES.iter().zip(samples) {
        let (mean, variance) = moments(times);
        let t = welch(times, &samples[0]);
        let verdict = if t.abs() < BOUND { "" } else { "  differs" };
        println!("{name:34} {mean:9.3} {:9.3} {t:9.2}{verdict}", variance.sqrt());
    }
}

fn sign_in(name: &str, password: &str) -> String {
    let basic = STANDARD.encode(format!("{name}:{password}"));
    load::request("GET", "/api/v3/onezone/user", &format!("authorization: Basic {basic}\r\n"))
}

/// Mean and variance.
#[expect(clippy::cast_precision_loss, reason = "a count of samples is far below 2^52")]
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

#[expect(clippy::cast_precision_loss, reason = "a count of samples is far below 2^52")]
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((mean, variance), (of_other, other_variance)) = (moments(one), moments(other));
    let error = (variance / one.len() as f64 + other_variance / other.len() as f64).sqrt();
    if error == 0.0 { 0.0 } else { (mean - of_other) / error }
}
