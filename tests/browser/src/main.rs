//! The console in Chromium: what a person can do there, what it looks like, and whether everybody can use it.
//!
//! `cargo run --manifest-path tests/browser/Cargo.toml -- PATH_OF_ZONEMINT FOLDER [WORD]` runs all cases, or those with WORD in
//! their names, each with a server and a browser of its own, and writes pictures of all views into FOLDER. Needs Chromium and
//! its driver, bash, curl and python3 in PATH, and what `npm ci` installs in tests/browser.
//!
//! Where the next thing goes: a case is a function in `cases/` and a line in its `CASES`; a view is a line in `cases/views.rs`.

#![expect(clippy::disallowed_methods, reason = "programs are tested from outside, with the real clock")]

mod axe;
mod browser;
mod cases;
mod page;
mod processes;
mod server;
mod stage;
mod wait;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::signal::unix::{SignalKind, signal};

use browser::Browser;
use cases::Case;
use server::Program;

/// Cases at the same time. Most of a case is waiting.
const AT_ONCE: usize = 4;

/// This thread starts all processes: they end with it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let zonemint = arguments.next().expect("give the path of the zonemint program");
    let pictures = PathBuf::from(arguments.next().expect("give a folder for pictures"));
    let word = arguments.next().unwrap_or_default();
    std::fs::create_dir_all(&pictures).expect("the folder for pictures can be made");
    stage::name_cases_in_panics();
    let [mut interrupted, mut terminated] =
        [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).unwrap());
    tokio::select! {
        holds = run(Path::new(&zonemint), &pictures, &word) => {
            if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        _ = interrupted.recv() => ExitCode::FAILURE,
        _ = terminated.recv() => ExitCode::FAILURE,
    }
}

async fn run(zonemint: &Path, pictures: &Path, word: &str) -> bool {
    let program = Program::new(zonemint).await;
    let browser = Browser::start(program.key_hash()).await;
    let chosen: Vec<Case> = cases::all().filter(|case| case.name.contains(word)).collect();
    assert!(!chosen.is_empty(), "no case has {word:?} in its name");
    let count = chosen.len();
    let outcomes = stream::iter(chosen).map(|case| stage::play(case, &program, &browser, pictures));
    let passed = outcomes.buffer_unordered(AT_ONCE).filter(|passed| std::future::ready(*passed)).count().await;
    browser.end().await;
    println!("{passed} of {count} cases passed; pictures are in {}", pictures.display());
    passed == count
}
