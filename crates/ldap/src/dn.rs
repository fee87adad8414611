//! Distinguished names (RFC 4514), as far as groups need them: the name of a group, and whether it lies below a base.

use std::collections::BTreeSet;

/// A parsed name: its relative names, the entry's own first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dn(Vec<BTreeSet<Part>>);

/// An attribute in small letters with its value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    attribute: String,
    /// For comparisons: in small letters, and with single spaces.
    folded: String,
    value: String,
}

impl Dn {
    /// Reads a name. None if it is none, or has a value as hexadecimal BER (`#04…`), which no group is named with.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self(Vec::new()));
        }
        let relative = |text: &str| split(text, '+').into_iter().map(Part::parse).collect::<Option<_>>();
        split(text, ',').into_iter().map(relative).collect::<Option<_>>().map(Self)
    }

    /// Whether this is an entry below the other one. Attributes are compared by the names that are written.
    pub(crate) fn is_below(&self, base: &Self) -> bool {
        let same =
            |one: &BTreeSet<Part>, other: &BTreeSet<Part>| one.iter().map(Part::key).eq(other.iter().map(Part::key));
        let above = self.0.iter().rev().zip(base.0.iter().rev());
        self.0.len() > base.0.len() && above.into_iter().all(|(one, other)| same(one, other))
    }

    /// The `cn` with which the name begins, unescaped.
    pub(crate) fn common_name(&self) -> Option<&str> {
        self.0.first()?.iter().find(|part| part.attribute == "cn").map(|part| part.value.as_str())
    }
}

impl Part {
    fn parse(text: &str) -> Option<Self> {
        let (attribute, value) = text.split_once('=')?;
        let (attribute, value) = (attribute.trim().to_ascii_lowercase(), unescape(value)?);
        let folded = value.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        (!attribute.is_empty()).then_some(Self { attribute, folded, value })
    }

    fn key(&self) -> (&str, &str) {
        (&self.attribute, &self.folded)
    }
}

/// Splits at a separator that is not escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begin, mut is_escaped) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        if letter == separator && !is_escaped {
            parts.push(&text[begin..at]);
            begin = at + separator.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    parts.push(&text[begin..]);
    parts
}

/// The value that a text stands for, without the spaces around it; those that are escaped belong to it.
fn unescape(text: &str) -> Option<String> {
    let text = text.trim_start_matches(' ');
    if text.starts_with('#') {
        return None;
    }
    let (mut value, mut kept) = (Vec::new(), 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                let first = bytes.next()?;
                if let Some(high) = char::from(first).to_digit(16) {
                    let low = char::from(bytes.next()?).to_digit(16)?;
                    value.push(u8::try_from(high * 16 + low).ok()?);
                } else if b" \"#+,;<=>\\".contains(&first) {
                    value.push(first);
                } else {
                    return None;
                }
                kept = value.len();
            }
            b'"' | b';' | b'<' | b'>' | 0 => return None,
            b' ' => value.push(byte),
            _ => {
                value.push(byte);
                kept = value.len();
            }
        }
    }
    value.truncate(kept);
    String::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        Dn::parse(text)?.common_name().map(str::to_owned)
    }

    #[test]
    fn the_name_of_a_group_is_unescaped() {
        for (text, expected) in [
            ("cn=staff,ou=groups,dc=org", "staff"),
            (r"cn=Data\2C Berlin,dc=org", "Data, Berlin"),
            (r"CN=Data\, Berlin,DC=org", "Data, Berlin"),
            (r"cn=\C3\A9t\c3\a9,dc=org", "été"),
            ("cn=été,dc=org", "été"),
            (r"cn = a\+b\= ,dc=org", "a+b="),
            (r"cn=\20 x \20,dc=org", "  x  "),
            (r"cn=\ x\\,dc=org", r" x\"),
            ("uid=5+cn=two,dc=org", "two"),
            (r"cn=\#1,dc=org", "#1"),
        ] {
            assert_eq!(name(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_group_is_none() {
        for text in [
            "", "ou=staff,dc=org", "cn", "=x,dc=org", "cn=#0403666f6f,dc=org", r"cn=a\", r"cn=a\2", r"cn=a\zz",
            r"cn=\ff", "cn=\"a,b\",dc=org", "cn=a;dc=org", "cn=a,,dc=org",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn a_base_holds_what_ends_with_its_parts_in_any_case() {
        let is_below = |one: &str, base: &str| Dn::parse(one).unwrap().is_below(&Dn::parse(base).unwrap());
        let base = "ou=Our Groups, DC=org";
        assert!(is_below("cn=a,ou=our  groups,dc=ORG", base));
        assert!(is_below("cn=a,ou=sub,ou=our groups,dc=org", base));
        assert!(is_below("cn=a,dc=org", ""));
        for other in
            ["ou=our groups,dc=org", "cn=a,dc=org", "cn=a,ou=other,dc=org", "dc=org", r"cn=a\,ou=our groups,dc=org"]
        {
            assert!(!is_below(other, base), "{other}");
        }
        // A comma within a value ends no part.
        assert!(!is_below(r"cn=a\,ou=our groups\,dc=org", base));
        assert!(is_below("cn=x,b=2+a=1,dc=org", "a=1+b=2,dc=org"));
    }
}
