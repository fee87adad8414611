//! The README and the manual's lists: they name what there is, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::secrets::commands::COMMANDS;
use crate::support::TestServer;
use crate::support::sources::{files, root, sources};

const README: &str = include_str!("../../README.md");
const API: &str = include_str!("../../docs/manual/api.md");
const FIRST_STEPS: &str = include_str!("../../docs/manual/first_steps.md");
const PAGE_OF_COMMANDS: &str = include_str!("../../docs/manual/commands.md");
const TROUBLE: &str = include_str!("../../docs/manual/troubleshooting.md");
/// So that it is read.
const LONGEST_README: usize = 120;

/// The cells of a page's tables, row by row. A bar that is escaped is part of a cell.
fn rows(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter_map(|line| line.strip_prefix('|'));
    let cells = |line: &str| {
        let line = line.replace("\\|", "\u{0}");
        line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect::<Vec<_>>()
    };
    lines.filter(|line| !line.starts_with("--")).map(cells).collect()
}

/// What stands between backticks.
fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The command that a text begins with, as in `tokens create`: the words before the first option, name or file.
fn command(text: &str) -> Option<String> {
    let words = text.strip_prefix("zonemint ")?.split(' ');
    let words = words.take_while(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let words: Vec<_> = words.take(2).collect();
    let known = |length: usize| words.get(..length).map(|words| words.join(" "));
    [2, 1].into_iter().filter_map(known).find(|name| COMMANDS.iter().any(|(known, _)| known == name))
}

#[test]
fn the_readme_is_short() {
    let lines = README.lines().count();
    assert!(lines <= LONGEST_README, "{lines} lines");
}

#[tokio::test]
async fn the_readme_leads_to_every_page_by_the_title_that_the_menu_shows() {
    let server = TestServer::start().await;
    let body = server.send(server.get("/manual")).await.body;
    let (menu, _) = body.split_once("</nav>").unwrap();
    let titles: BTreeMap<_, _> = menu
        .split("<li><a href=\"/manual")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once('"').unwrap();
            let title = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
            (if name.is_empty() { "first_steps" } else { &name[1..] }, title)
        })
        .collect();
    let links = README.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0);
    let texts = README.split("](").map(|before| before.rsplit_once('[').map_or("", |(_, text)| text));
    let mut pages = BTreeSet::new();
    for (text, link) in texts.zip(links) {
        assert!(root().join(link).exists(), "{link}");
        if let Some(page) = link.strip_prefix("docs/manual/").and_then(|name| name.strip_suffix(".md")) {
            assert_eq!(Some(&text), titles.get(page), "{link}");
            pages.insert(page);
        }
    }
    assert_eq!(pages, titles.keys().copied().collect());
}

#[test]
fn the_commands_of_the_readme_and_of_messages_exist() {
    let lines = README.lines().filter_map(|line| line.strip_prefix("    zonemint "));
    let lines: Vec<_> = lines.map(|line| format!("zonemint {line}")).collect();
    let cells: Vec<_> = rows(TROUBLE).into_iter().filter_map(|row| row.get(2).cloned()).collect();
    let in_cells = cells.iter().flat_map(|cell| spans(cell));
    let named = spans(README).into_iter().chain(in_cells).chain(lines.iter().map(String::as_str));
    let named: Vec<_> = named.filter(|span| span.starts_with("zonemint ") && !span.contains("COMMAND")).collect();
    assert!(named.len() > 30, "{named:?}");
    for span in named {
        assert!(command(span).is_some(), "there is no command: {span}");
    }
}

#[test]
fn the_page_of_commands_names_each_of_them() {
    let mut named = BTreeSet::new();
    for row in rows(PAGE_OF_COMMANDS) {
        let mut group = String::new();
        for span in spans(&row[0]) {
            let whole =
                if span.starts_with("zonemint ") { span.to_owned() } else { format!("zonemint {group} {span}") };
            if let Some(name) = command(&whole) {
                group = name.split(' ').next().unwrap().to_owned();
                named.insert(name);
            }
        }
    }
    assert_eq!(named, COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

/// The documents for developers, and that of the folder of certificates.
fn documents() -> Vec<PathBuf> {
    let named = ["CONTRIBUTING.md", "CHANGELOG.md", "certs/README.md"].map(|name| root().join(name));
    named.into_iter().chain(files(&root().join("docs/decisions"), "md")).collect()
}

#[test]
fn the_documents_for_developers_name_files_commands_and_pages_that_exist() {
    let mut named = 0;
    for path in documents() {
        let page = fs::read_to_string(&path).unwrap();
        let links = page.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0);
        for link in links.filter(|link| !link.starts_with("https://")) {
            assert!(path.parent().unwrap().join(link).exists(), "{}: {link}", path.display());
        }
        for span in spans(&page) {
            let is_path =
                ["src/", "crates/", "tests/", "config/", "docs/", ".ci/"].iter().any(|top| span.starts_with(top));
            // A name in capital letters is to be chosen, and a star means several.
            if is_path && !span.contains(|c: char| c.is_ascii_uppercase() || c == '*' || c == ' ') {
                assert!(root().join(span).exists(), "{}: there is no {span}", path.display());
                named += 1;
            }
            if span.starts_with("zonemint ") {
                assert!(command(span).is_some(), "{}: there is no command {span}", path.display());
            }
        }
    }
    assert!(named > 30, "{named}");
}

#[test]
fn each_decision_is_in_the_list_under_its_title() {
    let list = fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    let records: Vec<_> = files(&root().join("docs/decisions"), "md");
    for path in records.iter().filter(|path| !path.ends_with("README.md")) {
        let record = fs::read_to_string(path).unwrap();
        let title = record.lines().next().unwrap().trim_start_matches("# ");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(list.contains(&format!("[{title}")) && list.contains(&format!("({name})")), "{title}");
        let parts: Vec<_> = record.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(parts, ["## Context", "## Decision", "## Consequences"], "{name}");
    }
    assert_eq!(records.len(), 15);
}

/// What is written as settings are, and is none: spans of traces, fields of the log, actions of the audit trail, caveats, files.
const NO_SETTINGS: [&str; 16] = [
    "audit.chain", "audit.hash", "audit.seq", "geo.country", "geo.region", "http.method", "http.path", "password.hash",
    "server.crt", "server.lock", "store.read", "store.restore", "store.write", "token.mint", "token.update",
    "token.verify",
];

/// The settings, as `token.ttl`, by the file that has all of them.
fn settings() -> BTreeSet<String> {
    let mut table = "";
    let mut settings = BTreeSet::new();
    for line in include_str!("../../config/default.toml").lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = name;
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            settings.insert(format!("{table}.{key}"));
        }
    }
    settings
}

#[test]
fn the_settings_that_the_manual_and_the_readme_name_exist() {
    let settings = settings();
    let tables: BTreeSet<_> = settings.iter().filter_map(|name| name.split_once('.')).map(|(table, _)| table).collect();
    let pages =
        files(&root().join("docs/manual"), "md").into_iter().chain([root().join("README.md")]).chain(documents());
    for path in pages {
        let page = fs::read_to_string(&path).unwrap();
        for span in spans(&page) {
            let Some((table, key)) = span.split_once('.') else { continue };
            let is_name = key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
            if tables.contains(table) && is_name && span != "tls.acme" && !NO_SETTINGS.contains(&span) {
                assert!(settings.contains(span), "{}: there is no setting {span}", path.display());
            }
        }
    }
}

/// A path with nothing in its braces: their names differ between the page and the document.
fn shape(path: &str) -> String {
    let mut shape = String::new();
    for part in path.split('/').skip(1) {
        shape += if part.starts_with('{') { "/{}" } else { "/" };
        shape += if part.starts_with('{') { "" } else { part };
    }
    shape
}

/// The paths of the API's description, with their methods.
fn described() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("tests/data/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let described = document["paths"].as_object().unwrap().iter().map(|(path, operations)| {
        let methods = operations.as_object().unwrap().keys().map(|method| method.to_ascii_uppercase());
        (shape(path.strip_prefix("/api/v3/onezone").unwrap_or(path)), methods.collect())
    });
    described.collect()
}

#[test]
fn the_page_of_the_api_names_each_path_with_its_methods() {
    let prefixes = ["/user", "/provider", "/users/{id}", "/providers/{id}"];
    let mut named = BTreeMap::new();
    for row in rows(API) {
        let methods: BTreeSet<_> = row[1].split(' ').map(str::to_owned).collect();
        for path in spans(&row[0]) {
            let paths = path.strip_prefix('…').map_or_else(
                || vec![path.to_owned()],
                |rest| prefixes.iter().map(|prefix| format!("{prefix}{rest}")).collect(),
            );
            named.extend(paths.into_iter().map(|path| (shape(&path), methods.clone())));
        }
    }
    assert_eq!(named, described());
}

#[test]
fn the_words_of_the_first_page_are_those_of_the_api_the_commands_and_the_code() {
    let (_, words) = FIRST_STEPS.split_once("\n## Words\n").unwrap();
    let paths = described();
    let code: String = sources().into_iter().map(|source| source.text).collect();
    let symbols: Vec<_> =
        code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let is_declared = |name: &str| {
        symbols.windows(2).any(|pair| ["struct", "enum", "fn", "pub"].contains(&pair[0]) && pair[1] == name)
    };
    let mut compared = 0;
    for row in rows(words).into_iter().skip(1) {
        let [word, _, api, commands, names, ..] = &row[..] else { panic!("{row:?}") };
        for path in spans(api).into_iter().filter(|span| span.starts_with(['/', '…'])) {
            assert!(paths.contains_key(&shape(&path.replace('…', "/user"))), "{word}: there is no path {path}");
        }
        for command in spans(commands).into_iter().filter_map(|span| span.strip_prefix("zonemint ")) {
            assert!(
                COMMANDS.iter().any(|(name, _)| name.starts_with(command)),
                "{word}: there is no command {command}"
            );
        }
        for name in spans(names) {
            assert!(is_declared(name), "{word}: the code declares no {name}");
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared}");
}

/// The texts that code writes in a file: its string literals, with `…` for what is filled in.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find('"') {
        let raw = rest[..at].ends_with("r#");
        let inside = &rest[at + 1..];
        let end = if raw { inside.find("\"#") } else { end_of_literal(inside) };
        let Some(end) = end else { break };
        found.push(if raw { inside[..end].to_owned() } else { unescaped(&inside[..end]) });
        rest = &inside[end + 1..];
    }
    found
}

fn end_of_literal(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, letter)| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// A literal's text: lines that go on, quotes, and what is filled in.
fn unescaped(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |text, line| text + line.trim_start());
    let joined = joined.replace("\\\"", "\"");
    let mut text = String::new();
    let mut rest = joined.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        text += before;
        text.push('…');
        rest = behind;
    }
    text + rest
}

/// All that the program writes, as its code and the sessions at a terminal have it.
fn texts_of_the_program() -> Vec<String> {
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let code = sources().into_iter().map(|source| source.text);
    let sessions = files(&root().join("tests/cli"), "session").into_iter().map(read);
    let lines = sessions.flat_map(|session| session.lines().map(str::to_owned).collect::<Vec<_>>());
    code.flat_map(|code| literals(&code)).chain(lines).collect()
}

/// Whether a text holds the parts of a message, one after the other.
fn holds(text: &str, message: &str) -> bool {
    let mut parts = message.split('…').map(str::trim);
    parts.try_fold(text, |rest, part| rest.split_once(part).map(|(_, behind)| behind)).is_some()
}

/// The messages of one part of the page.
fn messages(title: &str) -> Vec<String> {
    let part = TROUBLE.split("\n## ").find(|part| part.starts_with(title)).unwrap();
    let rows = rows(part).into_iter().filter(|row| row[0].starts_with('`'));
    rows.map(|row| spans(&row[0])[0].to_owned()).collect()
}

#[test]
fn each_message_that_the_manual_explains_is_one_that_the_program_gives() {
    let texts = texts_of_the_program();
    for title in ["The server and its commands\n", "The command line of a user\n", "Answers of the API\n"] {
        let messages = messages(title);
        assert!(messages.len() > 15, "{messages:?}");
        for message in messages {
            assert!(texts.iter().any(|text| holds(text, &message)), "nothing writes: {message}");
        }
    }
}

#[test]
fn each_message_of_another_program_was_seen_in_a_run_of_the_examples() {
    let seen = fs::read_to_string(root().join("tests/clients/expected.tsv")).unwrap();
    let messages = messages("Messages of other programs\n");
    assert!(messages.len() > 8, "{messages:?}");
    for message in messages {
        let mut lines = seen.lines().filter(|line| line.starts_with("example "));
        assert!(lines.any(|line| holds(line, &message)), "no example was answered: {message}");
    }
}

#[test]
fn messages_are_in_the_order_of_the_alphabet() {
    for part in TROUBLE.split("\n## ") {
        let letters = |message: &str| message.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != ' ', "");
        let rows = rows(part).into_iter().filter(|row| row[0].starts_with('`'));
        let messages: Vec<_> = rows.map(|row| letters(spans(&row[0])[0]).trim().to_owned()).collect();
        assert!(messages.is_sorted(), "{messages:#?}");
    }
}
