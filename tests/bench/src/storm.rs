//! Verification while wrong passwords come in, beside verification alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::load::{self, CONNECTIONS, Load};
use super::program::{Program, USER};

pub fn measure(zonemint: &str, span: Duration) {
    let server = Program::zonemint(zonemint, &[]);
    let load = Load::new(&server.certificate());
    let basic = format!("authorization: Basic {}\r\n", STANDARD.encode(USER));
    let token = load.token(server.port, &basic);
    let request = load::request("GET", "/api/v3/onezone/user", &format!("x-auth-token: {token}\r\n"));
    load.run(&[server.port], &request, Duration::from_millis(500));
    let alone = load.run(&[server.port], &request, span);
    let stop = Arc::new(AtomicBool::new(false));
    let storm = std::thread::spawn({
        let (stop, certificate, port) = (Arc::clone(&stop), server.certificate(), server.port);
        move || guess(&Load::new(&certificate), port, &stop)
    });
    let during = load.run(&[server.port], &request, span);
    stop.store(true, Ordering::Relaxed);
    let answers = storm.join().unwrap();
    println!("{:34} {:>9} {:>9} {:>9}", "verify: GET /user with a token", "answers/s", "p50 us", "p99 us");
    for (name, measured) in [("alone", &alone), ("during the storm", &during)] {
        println!("{name:34} {:9.0} {:9.0} {:9.0}", measured.rate, measured.p50_us, measured.p99_us);
    }
    println!("{:34} {:9.2}", "ratio", during.rate / alone.rate);
    for (status, count) in answers {
        println!("{:34} {count:9}", format!("wrong passwords answered {status}"));
    }
    println!("memory of zonemint afterwards: {} KiB", server.memory("VmRSS"));
}

/// Tries wrong passwords on all connections; how often each status was answered.
fn guess(load: &Load, port: u16, stop: &Arc<AtomicBool>) -> BTreeMap<u16, usize> {
    let number = Arc::new(AtomicUsize::new(0));
    load.runtime().block_on(async {
        let mut guessing = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = load.connect(port).await;
            let (stop, number) = (Arc::clone(stop), Arc::clone(&number));
            guessing.push(tokio::spawn(async move {
                let mut answers = BTreeMap::<u16, usize>::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    let basic = STANDARD.encode(format!("user{number}:wrong"));
                    let header = format!("authorization: Basic {basic}\r\n");
                    let request = load::request("GET", "/api/v3/onezone/user", &header);
                    *answers.entry(connection.send(request.as_bytes()).await).or_default() += 1;
                }
                answers
            }));
        }
        let mut all = BTreeMap::<u16, usize>::new();
        for answers in guessing {
            for (status, count) in answers.await.unwrap() {
                *all.entry(status).or_default() += count;
            }
        }
        all
    })
}
