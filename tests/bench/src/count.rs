//! Instructions and allocations of an answer, counted by callgrind: they are nearly the same in each run, on every machine.
//!
//! Valgrind knows no SHA extensions of the processor, so hashes weigh more here than they do in a server.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use super::load::{self, Load};
use super::program::Program;
use super::requests;

/// Requests that fill caches and do not count.
const WARM_UP: usize = 100;
/// Requests that are counted at once.
const COUNTED: u32 = 100;
/// How often they are. The least counts: in the others the server may also do what it does now and then.
const TIMES: usize = 5;
/// What the C library calls its allocations.
const ALLOCATIONS: [&str; 4] = ["malloc", "calloc", "realloc", "posix_memalign"];

/// What an answer of each kind may take at the most: instructions, as hundredths of those of the bare server, which depend on the processor
/// a little, too; and allocations. It is a twentieth more than when this was written. Whoever makes one cheaper writes the lower numbers.
const MOST: [(u64, u64); 5] = [(100, 17), (321, 23), (413, 46), (1_148, 69), (1_228, 66)];

/// What one answer takes.
pub struct Count {
    pub name: &'static str,
    pub instructions: u64,
    pub allocations: u64,
}

/// Counts what the server at `zonemint` does for each kind of request, and first what a bare one does for its own.
pub fn count(zonemint: &str) -> Vec<Count> {
    let program = Program::zonemint_below(&["valgrind", "--tool=callgrind", "--callgrind-out-file=counted"], zonemint);
    let load = Load::new(&program.certificate());
    let bare = Program::bare_below(&["valgrind", "--tool=callgrind", "--callgrind-out-file=counted"], program.folder());
    let mut counts = vec![on(&load, &bare, "bare axum and rustls", &load::request("GET", "/", ""))];
    let kinds = requests(&load, program.port);
    counts.extend(kinds.map(|(name, request)| on(&load, &program, name, &request)));
    counts
}

/// Prints one line a count, and panics where one is above [`MOST`]: a change has made it slower.
pub fn check(counts: &[Count]) {
    println!("{:34} {:>12} {:>8} {:>11} {:>8}", "", "instructions", "at most", "allocations", "at most");
    let mut is_above = false;
    for (Count { name, instructions, allocations }, (hundredths, most_allocations)) in counts.iter().zip(MOST) {
        let most = counts[0].instructions * hundredths / 100;
        println!("{name:34} {instructions:12} {most:8} {allocations:11} {most_allocations:8}");
        is_above |= *instructions > most || *allocations > most_allocations;
    }
    assert!(!is_above, "an answer takes more than it may (MOST in tests/bench/src/count.rs)");
}

fn on(load: &Load, program: &Program, name: &'static str, request: &str) -> Count {
    load.runtime().block_on(async {
        let mut connection = load.connect(program.port).await;
        for _ in 0..WARM_UP {
            connection.exchange(request.as_bytes()).await;
        }
        let mut least = (u64::MAX, u64::MAX);
        for _ in 0..TIMES {
            control(program, "--zero");
            for _ in 0..COUNTED {
                connection.exchange(request.as_bytes()).await;
            }
            control(program, "--dump");
            least = least.min(read(&dump(program.folder())));
        }
        let (instructions, allocations) = least;
        Count { name, instructions: instructions / u64::from(COUNTED), allocations: allocations / u64::from(COUNTED) }
    })
}

fn control(program: &Program, what: &str) {
    let done = Command::new("callgrind_control").args([what, &program.id().to_string()]).output();
    let done = done.expect("callgrind_control runs (Debian's package valgrind)");
    assert!(done.status.success(), "{done:?}");
}

/// The latest dump, which is deleted.
fn dump(folder: &Path) -> String {
    let dumps = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut dumps: Vec<_> = dumps.filter(|path| path.to_string_lossy().contains("/counted.")).collect();
    assert_eq!(dumps.len(), 1, "{dumps:?}");
    let path = dumps.remove(0);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    text
}

/// The instructions and the allocations of a dump, by the format of the Valgrind manual (Callgrind Format Specification).
fn read(dump: &str) -> (u64, u64) {
    let number = |text: &str| text.split(' ').next().unwrap().parse::<u64>().unwrap();
    let mut names = HashMap::new();
    let (mut instructions, mut allocations, mut called) = (0, 0, "");
    for line in dump.lines() {
        if let Some(totals) = line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")) {
            instructions = number(totals);
        } else if let Some(function) = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")) {
            let (id, name) = function.split_once(' ').unwrap_or((function, ""));
            if !name.is_empty() {
                names.insert(id, name);
            }
            called = names.get(id).copied().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=")
            && ALLOCATIONS.contains(&called)
        {
            allocations += number(calls);
        }
    }
    (instructions, allocations)
}
