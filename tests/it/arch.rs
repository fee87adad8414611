//! The architecture, checked: which module may use which, how long a file may be, and where a library may be named.

mod cycles;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::sources::{root, sources};

/// Longest source file, in lines: beyond it a file has more than one subject.
const LONGEST: usize = 500;

/// Of the crates with several modules at their top, what each module may use of its own crate. Which crate may use which stands in their
/// manifests, and the compiler checks it.
const MODULES: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["app", "config"]),
    ("app", &["config"]),
    ("config", &[]),
    ("token", &["caller", "geo", "import"]),
    ("user", &["caller", "import"]),
    ("audit", &[]),
    ("caller", &[]),
    ("import", &[]),
    ("geo", &[]),
    ("model", &["clock", "label", "opaque_debug", "random"]),
    ("clock", &["opaque_debug"]),
    ("label", &[]),
    ("lines", &[]),
    ("listen_address", &[]),
    ("keyed_digest", &["opaque_debug", "random"]),
    ("new_file", &["private_folder"]),
    ("opaque_debug", &[]),
    ("private_folder", &[]),
    ("regular_file", &[]),
    ("random", &["opaque_debug"]),
];

/// Libraries of these crates that only these modules may name.
const HOMES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("maxminddb", &["geo"]),
    ("argon2", &["user"]),
    ("chacha20poly1305", &["token"]),
    ("icu_casemap", &["model"]),
    ("icu_properties", &["model"]),
    ("hex", &["model"]),
    ("ipnet", &["model", "caveat", "http"]),
    // In a crate of its own: crates/oidc.
    ("jsonwebtoken", &[]),
];

/// The names that follow `crate::` in code, one by one or in braces. Doc comments may name anything.
fn used(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let (list, braces) = rest.strip_prefix('{').map_or((rest, false), |list| (list, true));
        let list = if braces { list.split('}').next().unwrap() } else { list };
        for part in list.split(',').take(if braces { usize::MAX } else { 1 }) {
            let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.insert(name);
        }
    }
    names
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.is_beside_others()) {
        if [source.home.as_str(), "lib"].contains(&source.module.as_str()) {
            continue;
        }
        let (_, below) = MODULES.iter().find(|(name, _)| *name == source.module).expect("every module is listed");
        for name in used(&source.text) {
            let is_module = MODULES.iter().any(|(known, _)| *known == name);
            if is_module && name != source.module && !below.contains(&name.as_str()) {
                broken.push(format!("{}: uses crate::{name}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_libraries_for_others_need_no_crate_of_ours() {
    for name in ["macaroon", "caveat"] {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split_once("[dependencies]").unwrap().1;
        assert!(!dependencies.contains("zonemint"), "{name}: {dependencies}");
    }
}

#[test]
fn packages_beside_the_server_build_its_dependencies_as_it_does() {
    // Otherwise they would be built twice in the shared target folder.
    let manifest = |folder: &str| fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let table = |manifest: &str, name: &str| {
        let (_, table) = manifest.split_once(&format!("[{name}]\n")).unwrap();
        let lines = table.lines().take_while(|line| !line.starts_with('['));
        lines.filter(|line| line.contains(" = ")).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let own = manifest("");
    for (folder, name) in [
        ("tests/fuzz", "profile.dev.package"),
        ("tests/oracle", "profile.dev.package"),
        ("tests/oracle", "profile.release.package"),
    ] {
        let (ours, theirs) = (table(&own, name), table(&manifest(folder), name));
        assert!(ours.len() > 10 && ours.is_subset(&theirs), "{folder}: {:?}", ours.difference(&theirs));
    }
}

#[test]
fn libraries_are_named_only_at_home() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.is_beside_others()) {
        for (library, homes) in HOMES {
            let named = source.text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!(" {library}::")) || line.contains(&format!("({library}::")))
            });
            if named && !homes.contains(&source.module.as_str()) {
                broken.push(format!("{}: names {library}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn sql_stands_only_in_the_store() {
    let statements = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE ", "CREATE TABLE"];
    let broken: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.module != "store" && statements.iter().any(|sql| source.text.contains(sql)))
        .map(|source| source.path)
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn no_file_is_too_long_and_every_module_says_what_it_is() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", source.path.display());
        assert!(source.text.starts_with("//! "), "{} does not say what it is", source.path.display());
    }
}

/// Code without its tests, which end a file.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn log_lines_of_failures_carry_the_whole_chain_of_causes() {
    // The engine's own words of a fault are its chain; `why` is one that was noted when it came about.
    let whole = ["%error_chain(", "fault.describe()", "why"];
    let mut broken = Vec::new();
    for source in sources() {
        for line in without_tests(&source.text).lines().map(str::trim) {
            let value = line.split_once("error = ").map(|(_, value)| value);
            let is_field = value.is_some() && !line.starts_with("let ");
            let is_whole = value.is_some_and(|value| whole.iter().any(|start| value.starts_with(start)));
            let is_bare = line.contains("%error,") || line.contains("?error,") || line.starts_with("cause = ");
            if (is_field && line.contains("tracing::") && !is_whole) || is_bare {
                broken.push(format!("{}: {line}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "write error = %error_chain(&error): {broken:#?}");
}

#[test]
fn tasks_and_threads_are_started_by_the_one_helper_that_notes_their_panics() {
    const HOME: &str = "telemetry/task.rs";
    let starts = [
        "tokio::spawn", "task::spawn(", "spawn_blocking", "spawn_local", "JoinSet", "thread::spawn", "thread::Builder",
        "thread::scope",
    ];
    let starts_one = |text: &str| starts.iter().any(|start| text.contains(start)) || text.contains(".spawn(move");
    let broken: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.path != Path::new(HOME) && starts_one(without_tests(&source.text)))
        .map(|source| source.path)
        .collect();
    assert!(broken.is_empty(), "{broken:?} start tasks without {HOME}");
}

#[test]
fn files_that_are_named_are_opened_where_nothing_waits_for_a_pipe() {
    // Where else files are opened for reading, and why.
    const OTHERS: [(&str, &str); 9] = [
        ("audit/trail.rs", "an operator may pipe rows in"),
        ("client/bearer.rs", "waits for nobody, and follows no link"),
        ("cli/doctor/machine.rs", "reads what the kernel tells"),
        ("cli/store/trail.rs", "has refused what is not regular"),
        ("cli/takeover.rs", "an operator may pipe rows in"),
        ("store/sqlite/denied.rs", "reads the system's list of users"),
        ("store/sqlite/folder.rs", "opens the lock's file for writing, too, which waits for nobody"),
        ("store/sqlite/place.rs", "makes a file that others may be making"),
        ("store/sqlite/restore.rs", "an operator may pipe a backup in"),
    ];
    // A folder is opened to make it durable.
    let opens = |line: &str| {
        ["fs::read(", "fs::read_to_string(", ".read(true)"].iter().any(|call| line.contains(call))
            || line.contains("File::open(") && !line.contains("File::open(folder")
    };
    let mut found = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path != Path::new("regular_file.rs")) {
        let code = without_tests(&source.text);
        let is_test = source.path.ends_with("tests.rs") || source.path.iter().any(|part| part == "tests");
        if !is_test && code.lines().any(|line| opens(line) && !line.trim_start().starts_with("//")) {
            found.insert(source.path.display().to_string());
        }
    }
    let others: BTreeSet<_> = OTHERS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, others, "open what is named with regular_file");
}

#[test]
fn handlers_reach_the_store_only_through_a_service() {
    // A service knows the rules: who may see a token, how long one may live, what a confined caller may do.
    let names_it = |line: &str| {
        let without_variants = line.replace("::Store(", "");
        let is_kept_away = |word| ["Store", "Actor"].contains(&word);
        // These act for the operator or for the server itself.
        let trusted =
            ["Caller::operator", "Caller::server", ".actor()", "create_unlimited", ".import(", ".ignore_case("];
        let is_trusted = trusted.iter().any(|name| line.contains(name));
        is_trusted || without_variants.split(|letter: char| !letter.is_alphanumeric()).any(is_kept_away)
    };
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.module == "http") {
        let code = without_tests(&source.text).lines().filter(|line| !line.trim_start().starts_with("//"));
        broken.extend(code.filter(|line| names_it(line)).map(|line| format!("{}: {line}", source.path.display())));
    }
    assert!(broken.is_empty(), "give a service a method: {broken:#?}");
}

#[test]
fn a_body_is_read_by_the_function_that_describes_it() {
    let mut readers = 0;
    for source in sources().iter().filter(|source| source.path.starts_with("http/api")) {
        let code: String = without_tests(&source.text).split_whitespace().collect();
        // `read(&mut Body::new(&options)` in the handler, `.body(example, read)` or `|body| read(body` in the document.
        let (starts, reads) = (code.matches("Body::new(").count(), code.matches("read(&mutBody::new(").count());
        let described = [",read)", ",read,)", "|body|read(body", "|body|{read(body"];
        let is_described = code.contains(".body(") && described.iter().any(|text| code.contains(text));
        assert!(starts == reads && (starts == 0 || is_described), "{}", source.path.display());
        readers += starts;
    }
    assert!(readers > 15, "{readers}");
}
