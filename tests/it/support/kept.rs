//! Reviewed texts, stored in `tests/data`.

use std::path::Path;

/// Fails if a text differs from the stored one. `ZONEMINT_RENEW=1` stores the new text; `tests` names the tests to run with it.
pub fn must_be(name: &str, now: &str, tests: &str) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("ZONEMINT_RENEW").is_some() {
        std::fs::write(&kept, now).unwrap();
    }
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    let differing = now.lines().zip(before.lines()).enumerate().find(|(_, (now, before))| now != before);
    assert!(
        now == before,
        "another text than the one that is kept, from this line on: {:?}. If that is meant, renew tests/data/{name} and look at the \
         difference: ZONEMINT_RENEW=1 cargo test --test it -- {tests}",
        differing.map(|(at, lines)| (at + 1, lines))
    );
}
