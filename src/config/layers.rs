//! Merges tables of settings; the defaults define which keys and types are allowed.

use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use strsim::levenshtein;
use toml::{Table, Value};

use super::Problem;
use super::environment::default_of;
use super::table::{insert, is_name};
use zonemint_base::model::Period;
use zonemint_base::regular_file::open_given;

/// Shown instead of a key that is no name.
const UNNAMED: &str = "***";
const NO_NAME: &str =
    "a key here is none, and is not shown, because it may hold a secret; `zonemint config default` lists all settings";

pub(super) fn read(path: &Path) -> Result<Table, Problem> {
    let at = path.display().to_string();
    let text = open_given(path).and_then(io::read_to_string).map_err(|error| Problem::new(&at, error.to_string()))?;
    toml::from_str(&text).map_err(|error| Problem::new(&at, place_and_reason(&text, &error)))
}

/// Without the line itself, which the parser's message repeats: it may contain a password.
fn place_and_reason(text: &str, error: &toml::de::Error) -> String {
    let reason = without_value(error.message());
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("line {line}, column {column}: {reason}")
        }
        None => reason,
    }
}

/// What a reader by serde says of a value, without the value, which it puts before what it expects.
fn without_value(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("must be {expected}"),
        None => message.to_owned(),
    }
}

/// Each value that does not become a setting, by its key. `error` says that there is one.
pub(super) fn misfits<T: DeserializeOwned>(
    settings: &Table,
    defaults: &Table,
    error: &toml::de::Error,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tables = vec![(String::new(), settings)];
    while let Some((path, table)) = tables.pop() {
        for (key, value) in table {
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Value::Table(inner) = value {
                tables.push((at, inner));
                continue;
            }
            let mut alone = defaults.clone();
            insert(&mut alone, &path, key, value.clone());
            if let Err(error) = T::deserialize(alone) {
                problems.push(Problem::new(at, without_value(error.message())));
            }
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("settings", without_value(error.message())));
    }
    problems
}

/// Replaces each value that has a problem by its default.
pub(super) fn put_back(settings: &mut Table, defaults: &Table, problems: &[Problem]) {
    for Problem { at, .. } in problems {
        let Some((sections, key)) = at.rsplit_once('.') else { continue };
        if let Some(default) = default_of(at, defaults) {
            insert(settings, sections, key, default.clone());
        }
    }
}

/// Merges `over` into `settings`. `shape` has all keys, and the type of each value.
pub(super) fn merge(settings: &mut Table, over: Table, shape: &Table, path: &str, problems: &mut Vec<Problem>) {
    for (key, value) in over {
        let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let at = within(&key);
        match (shape.get(&key), value) {
            (None, _) if !is_name(&key) => problems.push(Problem::new(within(UNNAMED), NO_NAME)),
            (None, _) => problems.push(Problem::new(at, unknown(&key, shape, path))),
            (Some(Value::Table(shape)), Value::Table(value)) => {
                let inner = settings.entry(&key).or_insert_with(|| Table::new().into());
                if let Value::Table(inner) = inner {
                    merge(inner, value, shape, &at, problems);
                }
            }
            (Some(expected), value) => match mismatch(expected, &value) {
                None => {
                    settings.insert(key, value);
                }
                Some(reason) => problems.push(Problem::new(at, reason)),
            },
        }
    }
}

/// Whether a default is a length of time, so that another value must be one, too.
pub(super) fn is_period(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Period>().is_ok())
}

fn mismatch(expected: &Value, value: &Value) -> Option<String> {
    if is_period(expected) {
        let good = is_period(value);
        return (!good).then(|| format!("must be a length of time such as {expected}"));
    }
    match (expected, value) {
        (Value::Array(expected), Value::Array(values)) => {
            let element = expected.first().cloned().unwrap_or_else(|| Value::String(String::new()));
            if !values.iter().all(Value::is_str) {
                return Some("must be a list of texts".to_owned());
            }
            values.iter().find_map(|value| mismatch(&element, value))
        }
        _ if expected.same_type(value) => None,
        (Value::Float(_), Value::Integer(_)) => None,
        (Value::Float(_), _) => Some("must be a number".to_owned()),
        (Value::Integer(_), _) => Some("must be a whole number".to_owned()),
        (Value::Boolean(_), _) => Some("must be true or false".to_owned()),
        (Value::Array(_), _) => Some("must be a list of texts".to_owned()),
        (Value::Table(_), _) => Some("must be a table".to_owned()),
        _ => Some("must be a text".to_owned()),
    }
}

fn unknown(key: &str, shape: &Table, path: &str) -> String {
    let nearest = shape.keys().map(|known| (levenshtein(key, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 2 => {
            let known = if path.is_empty() { known.clone() } else { format!("{path}.{known}") };
            format!("is not known; did you mean {known}?")
        }
        _ => "is not known; `zonemint config default` lists all settings".to_owned(),
    }
}
