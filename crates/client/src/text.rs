//! Escapes a server's text and JSON for a terminal.

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
}
