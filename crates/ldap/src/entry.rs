//! Entries, as a directory sends them and as the caller gets them.

use ldap3::ResultEntry;
use ldap3::asn1::{PL, StructureTag};

use crate::stable_id::StableId;

/// A user of the directory. Names and addresses are as the directory has them: nothing is checked, and any may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What to link an account by.
    pub id: StableId,
    /// The first value of the attribute for names.
    pub name: Option<String>,
    /// The first value of the attribute for full names.
    pub full_name: Option<String>,
    /// The first value of the attribute for mail addresses.
    pub mail: Option<String>,
    /// Names of the groups, sorted, each once. Empty if no groups are read.
    pub groups: Vec<String>,
}

/// An entry as it came: a DN and attributes with values that may be binary. The library's own reader sorts values by whether they
/// happen to be UTF-8, which a binary id may be, and panics on what it cannot read.
#[derive(Debug)]
pub(crate) struct RawEntry {
    pub(crate) dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// `[APPLICATION 4] SEQUENCE { objectName, attributes }` (RFC 4511, section 4.5.2). None if it is something else.
    pub(crate) fn read(entry: ResultEntry) -> Option<Self> {
        let mut parts = constructed(entry.0)?.into_iter();
        let dn = text(parts.next()?)?;
        let attribute = |part: StructureTag| {
            let mut parts = constructed(part)?.into_iter();
            let name = text(parts.next()?)?;
            let values = constructed(parts.next()?)?.into_iter().map(StructureTag::expect_primitive);
            Some((name, values.collect::<Option<_>>()?))
        };
        let attributes = constructed(parts.next()?)?.into_iter().map(attribute).collect::<Option<_>>()?;
        Some(Self { dn, attributes })
    }

    /// All values of an attribute, whose name may come in any case.
    pub(crate) fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values)
    }

    /// The values that are texts.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).iter().filter_map(|value| str::from_utf8(value).ok())
    }

    pub(crate) fn first_text(&self, name: &str) -> Option<String> {
        self.texts(name).next().map(str::to_owned)
    }

    /// Whether only some of the values came: Active Directory sends 1,500 at most, under another name (MS-ADTS, section 3.1.1.3.1.3.3).
    pub(crate) fn is_cut(&self, name: &str) -> bool {
        let is_range = |other: &str| {
            let parts = other.split_once(';');
            parts.is_some_and(|(other, option)| other.eq_ignore_ascii_case(name) && option.starts_with("range="))
        };
        self.attributes.iter().any(|(other, _)| is_range(other))
    }
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    tag.expect_primitive().and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use ldap3::asn1::TagClass;

    use super::*;

    fn bytes(value: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(value.to_vec()) }
    }

    fn sequence(parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(parts) }
    }

    fn entry(attributes: &[(&str, &[&[u8]])]) -> StructureTag {
        let attribute = |(name, values): &(&str, &[&[u8]])| {
            sequence(vec![bytes(name.as_bytes()), sequence(values.iter().map(|value| bytes(value)).collect())])
        };
        sequence(vec![bytes(b"uid=a,dc=b"), sequence(attributes.iter().map(attribute).collect())])
    }

    #[test]
    fn attributes_are_found_in_any_case_and_keep_their_bytes() {
        let raw = entry(&[("UID", &[b"ann", b"\xff"]), ("objectGUID", &[b"0123456789abcdef"]), ("mail", &[])]);
        let raw = RawEntry::read(ResultEntry::new(raw)).unwrap();
        assert_eq!(raw.dn, "uid=a,dc=b");
        assert_eq!((raw.first_text("uid").as_deref(), raw.values("uid").len()), (Some("ann"), 2));
        assert_eq!(raw.values("objectguid"), [b"0123456789abcdef"]);
        assert_eq!((raw.first_text("mail"), raw.first_text("cn")), (None, None));
    }

    #[test]
    fn a_list_that_was_cut_is_recognized() {
        let raw = entry(&[("memberOf;range=0-1499", &[b"cn=a"]), ("memberOf", &[]), ("cn;lang-de", &[b"x"])]);
        let raw = RawEntry::read(ResultEntry::new(raw)).unwrap();
        assert!(raw.is_cut("memberof") && !raw.is_cut("cn") && !raw.is_cut("member"));
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let broken = [
            bytes(b"x"),
            sequence(vec![]),
            sequence(vec![bytes(b"dc=b")]),
            sequence(vec![bytes(b"\xff"), sequence(vec![])]),
            sequence(vec![bytes(b"dc=b"), sequence(vec![bytes(b"x")])]),
            sequence(vec![bytes(b"dc=b"), sequence(vec![sequence(vec![bytes(b"cn"), bytes(b"x")])])]),
        ];
        for tag in broken {
            assert!(RawEntry::read(ResultEntry::new(tag)).is_none());
        }
    }
}
