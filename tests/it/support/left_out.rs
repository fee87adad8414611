//! Tests that need a program which is not installed are left out: each is named, with a number, and the last number is their count.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::{env, io, thread};

/// Set where the other programs must be installed and the user must be root.
pub const CLIENTS: &str = "ZONEMINT_REQUIRE_CLIENTS";

/// What a test needs. None if it is missing: the test ends, and its name and the reason are printed.
///
/// # Panics
/// If it is missing and the variable `required` is set: then no test may be left out.
pub fn needed<T>(found: Result<T, &str>, required: &str) -> Option<T> {
    let reason = match found {
        Ok(found) => return Some(found),
        Err(reason) => reason,
    };
    assert!(env::var_os(required).is_none(), "{reason}, but {required} is set");
    // The harness names each thread after its test.
    let test = thread::current().name().unwrap_or("a test").to_owned();
    if let Some(count) = counted(&test) {
        // Written directly to the stream: the harness hides the output of the macros when a test passes.
        io::stderr().write_all(format!("left out, {count} by now: {test}: {reason}\n").as_bytes()).unwrap();
    }
    None
}

/// The number of tests left out, including this one; none if this one was counted before.
fn counted(test: &str) -> Option<usize> {
    static LEFT_OUT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut left_out = LEFT_OUT.lock().unwrap();
    left_out.insert(test.to_owned()).then_some(left_out.len())
}
