//! Keys and values in tables.

use toml::{Table, Value};

/// No setting has a longer name, nor a variable a longer path: twice as long as the longest.
const LONGEST_NAME: usize = 48;

/// Inserts a value into nested tables, as in `tls.acme`, and creates missing ones.
pub(super) fn insert(mut table: &mut Table, sections: &str, key: &str, value: Value) {
    for section in sections.split('.') {
        match table.entry(section).or_insert_with(|| Table::new().into()) {
            Value::Table(inner) => table = inner,
            _ => return,
        }
    }
    table.insert(key.to_owned(), value);
}

/// Whether an unknown key may be shown: it looks like the name of a setting. Other text may be a value in the wrong place, such as an
/// address with its password.
pub(super) fn is_name(key: &str) -> bool {
    key.len() <= LONGEST_NAME && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
