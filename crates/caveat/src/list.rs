//! What several kinds share: numbers and lists in text, lists in JSON, lists in sentences.

use std::collections::HashSet;
use std::fmt::{self, Display};
use std::hash::Hash;
use std::str::FromStr;

use serde_json::Value;

use super::JsonError;

/// Declares a caveat that is a list of what it allows, written `KIND = A|B`. `$parse` reads an item in the text, `$read` an item in
/// JSON, and `$write` gives the items for JSON.
macro_rules! whitelist {
    ($(#[$doc:meta])* $name:ident, $item:ty, $field:expr, $parse:expr, $read:expr, $write:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            whitelist: Vec<$item>,
        }

        impl $name {
            pub(super) fn parse(cid: &str) -> Option<Self> {
                let items = cid.strip_prefix($field.kind)?.strip_prefix(" = ")?;
                $crate::list::parse(items, $parse).map(|whitelist| Self { whitelist })
            }

            pub(super) fn from_json(json: &serde_json::Value) -> Result<Self, $crate::JsonError> {
                $field.read(json, $read).map(|whitelist| Self { whitelist })
            }

            pub(super) fn to_json(&self) -> serde_json::Value {
                serde_json::json!({"type": $field.kind, $field.name: $write(&self.whitelist)})
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} = {}", $field.kind, $crate::list::Joined(&self.whitelist, "|"))
            }
        }
    };
}
pub(super) use whitelist;

/// Declares an enum each value of which has one name, in texts and in JSON.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl $name {
            /// All values.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$value),+];

            /// The value with exactly this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.name() == name)
            }

            /// The name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(super) use names;

/// Where a list is in JSON, and what an item of it must be.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub kind: &'static str,
    pub name: &'static str,
    pub item: &'static str,
}

impl Field {
    /// Reads a list of at least one item; duplicates stay.
    pub(super) fn read<T>(self, json: &Value, item: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, JsonError> {
        let Self { kind, name: field, item: expected } = self;
        let missing = JsonError::List { kind, field, item: expected };
        let list = json.get(field).and_then(Value::as_array).filter(|list| !list.is_empty()).ok_or(missing)?;
        let wrong = |index| JsonError::Item { kind, field, index, expected };
        list.iter().enumerate().map(|(index, value)| item(value).ok_or_else(|| wrong(index))).collect()
    }

    /// Refuses the first item that may not be in a new caveat.
    pub(super) fn check<T>(self, items: &[T], may: impl Fn(&T) -> bool) -> Result<(), JsonError> {
        let Self { kind, name: field, item: expected } = self;
        let wrong = items.iter().position(|item| !may(item));
        wrong.map_or(Ok(()), |index| Err(JsonError::Item { kind, field, index, expected }))
    }
}

/// Reads a value in the one spelling that it is written in: no signs, no leading zeros, no other forms.
pub(super) fn canonical<T: FromStr + Display>(text: &str) -> Option<T> {
    text.parse().ok().filter(|value: &T| value.to_string() == text)
}

/// Reads items with `|` between them. An empty text is one empty item, which no kind accepts.
pub(super) fn parse<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split('|').map(item).collect()
}

/// Whether text is one of our names: 1 to 128 bytes, all of them `allowed`.
pub(super) fn is_name(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// Longest id, in bytes: one of a shared hard link, the longest that Onedata makes, has as many (`file_id`).
const LONGEST_ID: usize = 168;

/// Whether text is an id of Onedata. There it may be any text; here it has visible characters, blanks inside, and no character that
/// ends it in its place.
pub(super) fn is_id(text: &str, ends: &[char]) -> bool {
    let allowed = |c: char| (c == ' ' || is_seen(c)) && c != '|' && !ends.contains(&c);
    (1..=LONGEST_ID).contains(&text.len()) && text.trim() == text && text.chars().all(allowed)
}

/// Whether a character shows, and is no blank.
pub(super) fn is_seen(c: char) -> bool {
    c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric() && !BLANK_LETTERS.contains(&c))
}

/// The fillers of Hangul, which Unicode counts as letters.
const BLANK_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// Writes items with something between them.
pub(super) struct Joined<'a, T>(pub &'a [T], pub &'static str);

impl<T: Display> Display for Joined<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { self.1 };
            write!(f, "{between}{item}")?;
        }
        Ok(())
    }
}

/// Items in a sentence, as in `A, B or C`.
pub(super) fn either<T: Display>(items: &[T]) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", Joined(first, ", ")),
        _ => Joined(items, "").to_string(),
    }
}

/// Items as JSON strings, in their order.
pub(super) fn strings<T: Display>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

/// Whether each item of `narrow` is one of `wide`.
pub(super) fn subset<T: Hash + Eq>(narrow: impl IntoIterator<Item = T>, wide: impl IntoIterator<Item = T>) -> bool {
    let wide: HashSet<T> = wide.into_iter().collect();
    narrow.into_iter().all(|item| wide.contains(&item))
}

/// Whether no item of one is one of the other.
pub(super) fn disjoint<T: Hash + Eq>(one: impl IntoIterator<Item = T>, other: impl IntoIterator<Item = T>) -> bool {
    let other: HashSet<T> = other.into_iter().collect();
    !one.into_iter().any(|item| other.contains(&item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(either(&["A"]), "A");
        assert_eq!(either(&["A", "B"]), "A or B");
        assert_eq!(either(&["A", "B", "C"]), "A, B or C");
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(canonical::<u32>("0"), Some(0));
        assert_eq!(canonical::<u32>("4294967295"), Some(u32::MAX));
        for text in ["", "00", "01", "+1", "-0", " 1", "1 ", "1.0", "4294967296", "١"] {
            assert_eq!(canonical::<u32>(text), None, "{text:?} was accepted");
        }
    }

    #[test]
    fn an_id_is_what_can_be_seen_but_for_what_ends_it() {
        for text in ["a", "a b", "a.b@c_D-9", "ä", "a*", &"a".repeat(168)] {
            assert!(is_id(text, &[]), "{text:?} was refused");
        }
        for text in ["", "a|b", "a\n", "a ", " a", "\u{202e}a", "a\u{a0}b", &"a".repeat(169)] {
            assert!(!is_id(text, &[]), "{text:?} was accepted");
        }
        assert!(!is_id("a.b", &['.']));
    }

    #[test]
    fn a_name_has_a_length_and_an_alphabet() {
        let letters = |byte: u8| byte.is_ascii_lowercase();
        assert!(is_name(&"a".repeat(128), letters));
        assert!(!is_name(&"a".repeat(129), letters));
        assert!(!is_name("", letters));
        assert!(!is_name("aB", letters));
    }
}
