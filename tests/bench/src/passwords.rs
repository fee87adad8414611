//! First-time passwords: logins that are remembered by nothing, beside bare argon2id on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ROUNDS;
use super::load::{self, Load};
use super::median;
use super::program::{Program, USER};

/// What the server's own hashes cost: `[password]` in its default settings.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

pub fn measure(zonemint: &str, load: &Load, turn: Duration) {
    let server = Program::zonemint(zonemint, &[("ZONEMINT_LOGIN__REMEMBER", "0s")]);
    // A client that trusts this server's certificate.
    let load = load.trusting(&server.certificate());
    let basic = format!("authorization: Basic {}\r\n", STANDARD.encode(USER));
    let request = load::request("GET", "/api/v3/onezone/user", &basic);
    let (mut bare, mut logins) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(hashes_a_second(turn));
        logins.push(load.run(&[server.port], &request, turn).rate);
    }
    let (bare, logins) = (median(bare), median(logins));
    println!("{:34} {bare:9.1}", "bare argon2id, hashes/s");
    println!("{:34} {logins:9.1} {:6.2}", "first-time passwords, logins/s", logins / bare);
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
                    argon2
                        .hash_password_into_with_memory(
                            b"correct-horse-battery", b"0123456789abcdef", &mut hash, &mut memory,
                        )
                        .unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of hashes is far below 2^52")]
    let rate = done.into_inner() as f64 / started.elapsed().as_secs_f64();
    rate
}
