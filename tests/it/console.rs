//! The console: that its files are served as a browser must have them, that each is needed and there, that every text has its
//! key, and that its scripts do what this code does.
//!
//! What a person sees and can press is tested in a browser, in a package of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use zonemint::caveat::Caveat;
use zonemint::macaroon::{Encoding, Limits, Macaroon, RootSecret};
use zonemint::model::Privilege;
use zonemint::store::AuditAction;

use crate::support::process::installed;
use crate::support::{Answer, TestServer};

/// Set where a missing Node is to be a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_NODE";
/// The module that is made from the declarations of the operations.
const DECLARED: &str = "/console/declared.js";
/// Files in the folder of the assets that are for Node, not for browsers.
const NOT_SERVED: [&str; 1] = ["package.json"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/http/src/page/assets")
}

/// Whether a name ends in an extension, as in "js".
fn is(extension: &str) -> impl Fn(&String) -> bool {
    move |name| Path::new(name).extension().is_some_and(|own| own == extension)
}

/// Paths of all files, below the folder of the assets.
fn files() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(found.len() > 20, "the assets were not found");
    found
}

fn scripts() -> Vec<(String, String)> {
    let names = files().into_iter().filter(is("js"));
    names.map(|name| (name.clone(), fs::read_to_string(folder().join(name)).unwrap())).collect()
}

async fn get(server: &TestServer, path: &str) -> Answer {
    server.send(server.get(path)).await
}

/// What stands between two marks, wherever they are.
fn between<'a>(text: &'a str, before: &'a str, after: char) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split_once(after).map(|(inside, _)| inside))
}

/// What a file names that the browser loads: absolute paths.
fn loaded_by(path: &str, text: &str) -> Vec<String> {
    let base = path.rsplit_once('/').unwrap().0;
    let absolute = |relative: &str| {
        let up = relative.strip_prefix("../").map(|rest| format!("{}/{rest}", base.rsplit_once('/').unwrap().0));
        up.unwrap_or_else(|| format!("{base}/{}", relative.trim_start_matches("./")))
    };
    let imports = between(text, "from \"", '"').filter(|name| name.starts_with('.')).map(absolute);
    let attributes = ["src=\"", "href=\"", "src: \""].into_iter().flat_map(|mark| between(text, mark, '"'));
    imports.chain(attributes.filter(|name| name.starts_with("/console/")).map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_page_loads_all_of_its_files_and_nothing_else() {
    let server = TestServer::start().await;
    let mut seen = BTreeSet::from(["/".to_owned(), "/manual".to_owned()]);
    let mut next = vec!["/".to_owned(), "/manual".to_owned()];
    while let Some(path) = next.pop() {
        let answer = get(&server, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        next.extend(loaded_by(&path, &answer.body).into_iter().filter(|found| seen.insert(found.clone())));
    }
    let files = files().into_iter().filter(|name| !NOT_SERVED.contains(&name.as_str()));
    let mut expected: BTreeSet<_> =
        files.map(|name| if name == "index.html" { "/".to_owned() } else { format!("/console/{name}") }).collect();
    expected.insert(DECLARED.to_owned());
    seen.remove("/manual");
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn every_file_has_its_type_and_a_policy_that_lets_no_foreign_or_inline_script_run() {
    let server = TestServer::start().await;
    for (path, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/console/main.js", "text/javascript; charset=utf-8"),
        ("/console/base.css", "text/css; charset=utf-8"),
        ("/console/mark.svg", "image/svg+xml"),
    ] {
        let answer = get(&server, path).await;
        assert_eq!(answer.header("content-type"), media_type, "{path}");
        let policy = answer.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.split("; ").any(|one| one == rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn a_browser_that_has_a_file_is_told_that_it_is_still_right() {
    let server = TestServer::start().await;
    for path in ["/", "/console/main.js"] {
        let first = get(&server, path).await;
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        let again = server.send(server.get(path).header("if-none-match", first.header("etag"))).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"), "{path}");
        let other = server.send(server.get(path).header("if-none-match", "\"another\"")).await;
        assert_eq!((other.status, other.body), (200, first.body), "{path}");
    }
}

#[tokio::test]
async fn head_answers_the_length_alone_and_other_methods_are_refused() {
    let server = TestServer::start().await;
    let whole = get(&server, "/").await;
    let head = server.send(server.beside("HEAD", "/")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
    let post = server.send(server.beside("POST", "/")).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn the_console_can_be_switched_off() {
    let server = TestServer::start_with(|config| config.http.console = false).await;
    for path in ["/", "/console/main.js"] {
        assert_eq!(get(&server, path).await.status, 404, "{path}");
    }
}

/// A `GET` of the page's own origin has no `Origin`, and must not make the browser ask for a password all the same.
#[tokio::test]
async fn a_script_of_the_page_is_not_offered_a_login_box() {
    let server = TestServer::start().await;
    let script =
        server.request("GET", "/user").header("sec-fetch-dest", "empty").header("sec-fetch-site", "same-origin");
    let answer = server.send(script).await;
    let challenges = answer.headers.get_all("www-authenticate").iter();
    let challenges: Vec<_> = challenges.map(|value| value.to_str().unwrap()).collect();
    assert_eq!((answer.status, challenges), (401, vec!["Bearer realm=\"onezone\""]));
    let person = server.send(server.request("GET", "/user").header("sec-fetch-dest", "document")).await;
    assert!(person.header("www-authenticate").starts_with("Basic"));
}

#[test]
fn no_markup_is_made_of_text_and_nothing_is_inline_or_stored() {
    let html = fs::read_to_string(folder().join("index.html")).unwrap();
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        assert!(!html.contains(inline), "index.html has {inline}");
    }
    assert!(between(&html, "<script", '>').all(|attributes| attributes.contains(" src=")), "a script without a file");
    for (name, text) in scripts() {
        for banned in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "sessionStorage", "cookie"]
        {
            let code =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).find(|line| line.contains(banned));
            assert_eq!(code, None, "{name} has {banned}");
        }
        let mut stored = text.split("localStorage").skip(1).filter_map(|call| call.lines().next());
        let foreign = stored.find(|call| !call.contains("Item(\"theme\""));
        assert_eq!(foreign, None, "{name} stores more than the theme");
    }
}

#[test]
fn every_script_says_what_it_is_and_is_short() {
    for name in files().into_iter().filter(|name| is("js")(name) || is("css")(name)) {
        let text = fs::read_to_string(folder().join(&name)).unwrap();
        assert!(text.starts_with("// ") || text.starts_with("/* "), "{name} does not say what it is");
        // The texts of a language are one table, however long.
        assert!(name.starts_with("texts/") || text.lines().count() <= 500, "{name} is too long");
    }
}

/// A key is always written whole, as in `t("tokens.title")`: so they can be found. Only privileges are texts by their names.
#[test]
fn every_text_is_used_and_every_key_has_a_text() {
    let texts = fs::read_to_string(folder().join("texts/en.js")).unwrap();
    let lines = texts.lines().filter_map(|line| line.strip_prefix("  \"")?.split_once("\":").map(|(key, _)| key));
    let keys: Vec<_> = lines.collect();
    let known: BTreeSet<_> = keys.iter().copied().collect();
    assert_eq!(keys.len(), known.len(), "a key stands twice");
    assert!(known.len() > 100);
    let subjects: BTreeSet<_> = known.iter().map(|key| key.split('.').next().unwrap()).collect();
    let sources = scripts();
    let others = sources.iter().filter(|(name, _)| !name.starts_with("texts/"));
    let is_key = |text: &str| {
        let name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
        text.contains('.') && text.chars().all(name) && subjects.contains(text.split('.').next().unwrap())
    };
    let used: BTreeSet<_> = others.flat_map(|(_, text)| text.split('"')).filter(|text| is_key(text)).collect();
    assert_eq!(used.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "keys without a text");
    let unused: Vec<_> = known.difference(&used).filter(|key| !key.starts_with("privilege.")).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "texts that nothing uses");
}

#[test]
fn dark_is_the_same_by_system_and_by_choice() {
    let style = fs::read_to_string(folder().join("base.css")).unwrap();
    let colours = |selector: &str| {
        let block = between(&style, selector, '}').next().unwrap();
        block.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let by_system = colours(":root:not([data-theme=\"light\"]) {");
    assert!(by_system.len() > 30, "{by_system:?}");
    assert_eq!(by_system, colours(":root[data-theme=\"dark\"] {"));
}

/// A constant of the module that is made from the declarations.
async fn declared(name: &str) -> Value {
    let server = TestServer::start().await;
    let module = get(&server, DECLARED).await.body;
    serde_json::from_str(between(&module, &format!("const {name} = "), ';').next().unwrap()).unwrap()
}

/// The literals that follow a mark, with `*` for each value in them and without a query.
fn literals<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = String> + 'a {
    text.split(mark).skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|first| ['"', '`'].contains(first))?;
        let literal = rest[1..].split(quote).next()?;
        let mut parts = literal.split("${");
        let start = parts.next()?.to_owned();
        let whole = parts.fold(start, |whole, part| whole + "*" + part.split_once('}').map_or("", |(_, after)| after));
        Some(whole.split('?').next()?.to_owned())
    })
}

/// Whether a text is a pattern with something for each `*`, or nothing.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let ends = text.strip_prefix(before).map(|rest| rest.char_indices().map(|(at, _)| &rest[at..]).chain([""]));
    ends.is_some_and(|mut ends| ends.any(|rest| fits(after, rest)))
}

#[test]
fn every_request_of_the_console_is_a_declared_operation() {
    let operations = zonemint::http::operations();
    let mut count = 0;
    for (name, text) in scripts() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for path in literals(&text, &format!("call(\"{method}\", ")) {
                let known = operations.iter().any(|(other, declared)| other == method && fits(&path, declared));
                assert!(known, "{name}: {method} {path}");
                count += 1;
            }
        }
    }
    assert!(count > 30, "the requests were not found: {count}");
}

#[tokio::test]
async fn every_right_that_the_console_looks_for_is_that_of_a_declared_operation() {
    let needed = declared("NEEDED").await;
    let mut count = 0;
    for (name, text) in scripts() {
        for operation in literals(&text, "may(").chain(literals(&text, "may: ")) {
            let known = needed.as_object().unwrap().keys().any(|declared| fits(&operation, declared));
            assert!(known, "{name}: {operation}");
            count += 1;
        }
    }
    assert!(count > 20, "they were not found: {count}");
    assert_eq!(needed["GET /users"], "oz_users_list");
    assert_eq!(needed["GET /providers/{id}/tokens"], "oz_tokens_manage");
    assert_eq!(needed["GET /user/tokens"], Value::Null);
}

#[tokio::test]
async fn the_trail_can_be_searched_for_every_action() {
    let actions = declared("ACTIONS").await;
    let listed: Vec<_> = actions.as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), AuditAction::names().collect());
    assert_eq!(listed.len(), AuditAction::names().count(), "an action stands twice");
}

#[test]
fn every_privilege_can_be_seen_and_changed() {
    let texts = fs::read_to_string(folder().join("texts/en.js")).unwrap();
    let listed: BTreeSet<_> = between(&texts, "  \"privilege.", '"').collect();
    assert_eq!(listed, Privilege::ALL.iter().map(|one| one.name()).collect());
}

/// Tokens that this code made, and caveats in its words: what the scripts must come to as well.
fn fixtures() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/caveats.json")).unwrap();
    let texts = vectors["accepted"].as_array().unwrap().iter().map(|row| row["text"].as_str().unwrap());
    let caveats: Vec<_> = texts.clone().map(|text| (text, Caveat::parse(text.as_bytes()).unwrap())).collect();
    let words = caveats.iter().map(|(text, caveat)| json!({"text": text, "words": caveat.in_words()}));
    let short: Vec<_> = texts.filter(|text| text.len() < 200).collect();
    let tokens = short.chunks(7).enumerate().map(|(index, added)| {
        let encoding = Encoding::ALL[index % Encoding::ALL.len()];
        let secret = RootSecret::new(&[u8::try_from(index).unwrap(); 32]);
        let token = Macaroon::mint(&secret, "localhost", format!("2/nmd/usr-{index}/act/x").as_bytes()).unwrap();
        let token = token.to_text(encoding).unwrap();
        // At once: a text without padding on the way would go on without it.
        let (mut after, encoding) = Macaroon::parse(&token, &Limits::FORMAT).unwrap();
        for caveat in added {
            after.narrow(caveat.as_bytes()).unwrap();
        }
        json!({"token": token, "caveats": added, "narrowed": after.to_text(encoding).unwrap()})
    });
    json!({"caveats": words.collect::<Vec<_>>(), "tokens": tokens.collect::<Vec<_>>()})
}

#[test]
fn the_scripts_pass_their_own_tests() {
    let Some(node) = installed("node", REQUIRED) else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), fixtures().to_string()).unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console");
    let mut run = Command::new(node);
    let run = run.arg("--test").args(test_files(&tests)).env("ZONEMINT_CONSOLE_FIXTURES", file.path());
    let output = run.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("# skipped 0") || told.contains("skipped 0"), "something was left out: {told}");
}

fn test_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut tests: Vec<_> = files.filter(|path| path.to_str().unwrap().ends_with(".test.mjs")).collect();
    tests.sort();
    assert!(!tests.is_empty());
    tests
}
