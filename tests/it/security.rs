//! SECURITY.md: each promise has its tests, and they exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The names of the functions below a folder, each with those of its files and folders before it, as in `audit::records::name`.
fn functions(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let heads = text.split("fn ").skip(1).map(|part| part.split('(').next().unwrap());
                names.extend(heads.map(|name| format!("{}{name}", module(root, &path))));
            }
        }
    }
    names
}

fn module(root: &Path, path: &Path) -> String {
    let inside: PathBuf = path.strip_prefix(root).unwrap().with_extension("");
    let parts = inside.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod");
    parts.map(|part| [part, "::"].concat()).collect()
}

#[test]
fn every_test_that_is_named_exists_and_every_promise_names_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut there = functions(&root.join("tests/it"));
    there.extend(functions(&root.join("src")).into_iter().map(|name| match name.rsplit_once("::") {
        Some((module, name)) => format!("{module}::tests::{name}"),
        None => name,
    }));
    // All proxies have the same cases.
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap().replace("proxies::nginx::", "proxies::cases::");
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
