//! SECURITY.md: each promise has its tests, and they exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::sources::{files, root, sources};

/// The names of a file's functions, each with its files and folders before it, as in `audit::records::name`.
fn functions(path: &Path, text: &str) -> Vec<String> {
    let module: String = path
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap())
        .filter(|part| *part != "mod")
        .map(|part| [part, "::"].concat())
        .collect();
    let heads = text.split("fn ").skip(1).map(|part| part.split('(').next().unwrap());
    heads.map(|name| format!("{module}{name}")).collect()
}

#[test]
fn every_test_that_is_named_exists_and_every_promise_names_one() {
    let folder = root().join("tests/it");
    let mut there: BTreeSet<String> = files(&folder, "rs")
        .iter()
        .flat_map(|path| functions(path.strip_prefix(&folder).unwrap(), &fs::read_to_string(path).unwrap()))
        .collect();
    let of_units = sources().into_iter().flat_map(|source| functions(&source.path, &source.text));
    there.extend(of_units.map(|name| match name.rsplit_once("::") {
        Some((module, name)) => format!("{module}::tests::{name}"),
        None => name,
    }));
    // All proxies have the same cases.
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap().replace("proxies::nginx::", "proxies::cases::");
    let (_, promises) = text.split_once("\n## Promises\n").unwrap();
    let (promises, _) = promises.split_once("\n## ").unwrap();
    let promises: Vec<_> = promises.split("\n### ").skip(1).collect();
    assert!(promises.len() >= 10, "{}", promises.len());
    for promise in promises {
        let named: Vec<_> = promise.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
        assert!(!named.is_empty(), "no test is named for {promise}");
        for name in named {
            assert!(there.contains(name), "there is no test {name}");
        }
    }
}
