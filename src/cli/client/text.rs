//! What a server says, made fit for a terminal: text, JSON and columns.

use std::fmt::Write as _;

use serde_json::Value;

/// A text of somebody else: what could move a cursor, change colours or turn the order of letters is escaped.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if deceives(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// One line of JSON. It says the same where a character is escaped that JSON would leave as it is.
pub(super) fn json_line(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if deceives(character) {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}

/// Control characters of both sets, and those that change the direction of writing (Unicode Bidirectional Algorithm, 2.4) or
/// are line ends. All of them have four hexadecimal digits.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lines of columns that are as wide as the widest text in them, two spaces apart; the last one ends where it ends.
pub(super) fn columns<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let mut out = String::new();
    for row in std::iter::once(head.map(str::to_owned)).chain(rows.iter().cloned()) {
        let mut line = String::new();
        for (width, text) in widths.iter().zip(&row) {
            let _ = write!(line, "{text:<width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// `name   text` lines, the texts below each other.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (name, text) in facts {
        let _ = writeln!(out, "{name:<width$}  {text}");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_says_the_same_and_holds_nothing_that_a_terminal_obeys() {
        let value = json!({"name": "a\u{9b}31m\u{202e}b\u{1b}\u{7f}ż"});
        let line = json_line(&value);
        assert!(!line.trim_end().chars().any(deceives), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["żółw".to_owned(), "x".to_owned()], ["a".to_owned(), String::new()]];
        assert_eq!(columns(["NAME", "B"], &rows), "NAME  B\nżółw  x\na\n");
    }
}
