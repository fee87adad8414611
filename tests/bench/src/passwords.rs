//! First-time passwords: logins that are remembered by nothing, beside bare argon2id on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::ROUNDS;
use super::load::{self, Load};
use super::median;
use super::program::Program;

/// What the server's own hashes cost: `[password]` in its default settings.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const SALT: &[u8] = b"0123456789abcdef";
const PASSWORD: &str = "correct-horse-battery";

pub fn measure(zonemint: &str, load: &Load, turn: Duration) {
    let server = Program::zonemint(zonemint, &[("ZONEMINT_LOGIN__REMEMBER", "0s")]);
    // Equal sign-ins under way share one hash, so each connection has a user of its own.
    let users: Vec<_> = (0..load::CONNECTIONS).map(|number| format!("user{number}:{}", stored_hash())).collect();
    server.command(zonemint, &["user", "import", "--format", "htpasswd", "-"], &users.join("\n"));
    // A client that trusts this server's certificate.
    let load = load.trusting(&server.certificate());
    let request = |number: usize| {
        let basic = STANDARD.encode(format!("user{number}:{PASSWORD}"));
        load::request("GET", "/api/v3/onezone/user", &format!("authorization: Basic {basic}\r\n"))
    };
    let (mut bare, mut logins) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(hashes_a_second(turn));
        logins.push(load.run_each(&[server.port], request, turn).rate);
    }
    let (bare, logins) = (median(bare), median(logins));
    println!("{:34} {bare:9.1}", "bare argon2id, hashes/s");
    println!("{:34} {logins:9.1} {:6.2}", "first-time passwords, logins/s", logins / bare);
}

/// A hash of [`PASSWORD`] as the server computes it (PHC string).
fn stored_hash() -> String {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).unwrap();
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSWORD.as_bytes(), SALT, &mut hash)
        .unwrap();
    let [salt, hash] = [SALT, &hash[..]].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${hash}")
}

fn hashes_a_second(span: Duration) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (done, started) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).unwrap();
                let mut memory = vec![argon2::Block::default(); params.block_count()];
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                while started.elapsed() < span {
                    let mut hash = [0; 32];
                    argon2.hash_password_into_with_memory(PASSWORD.as_bytes(), SALT, &mut hash, &mut memory).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of hashes is far below 2^52")]
    let rate = done.into_inner() as f64 / started.elapsed().as_secs_f64();
    rate
}
