//! `data.readonly`, `data.path = …`, `data.objectid = …`: for which data a token may be used, and how.
//!
//! They are enforced where the data is. Here they hold only for whoever asks on behalf of such a place.

use std::cmp::Ordering;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::list::{self, Field, Joined};
use super::{DataAccess, JsonError, Request, Unmet};

pub(super) const READONLY: &str = "data.readonly";

const PATH: Field = Field {
    kind: "data.path",
    name: "whitelist",
    item: "the padded base64 of a path such as \"/space/dir\", which is not \"/\" and has no \"/\" at its end, and no \
           empty, \".\" or \"..\" component",
};

const OBJECT_ID: Field = Field {
    kind: "data.objectid",
    name: "whitelist",
    item: "the id of a file in upper-case hexadecimal, of 2 to 256 digits, an even number of them",
};

/// Allows the files and directories at these paths, and everything below them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Paths {
    whitelist: Vec<DataPath>,
}

/// Allows these files and directories, and everything below them. An id is a CDMI object id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectIds {
    whitelist: Vec<String>,
}

/// An absolute path in canonical form, as in `/space/dir`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DataPath(String);

/// Whether a caveat about data can hold at all.
pub(super) fn check(request: &Request) -> Result<(), Unmet> {
    match request.data_access {
        DataAccess::Allowed => Ok(()),
        DataAccess::Refused => Err(Unmet::DataAccess),
    }
}

pub(super) fn readonly_to_json() -> Value {
    json!({"type": READONLY})
}

pub(super) fn readonly_in_words() -> String {
    "usable only to read data".to_owned()
}

pub(super) fn readonly_unverified_description() -> String {
    "unverified data access caveat: this token can only be used for read-only data access".to_owned()
}

impl Paths {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        list::parse(cid.strip_prefix("data.path = ")?, DataPath::decode).map(|whitelist| Self { whitelist })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        PATH.read(json, |item| DataPath::decode(item.as_str()?)).map(|whitelist| Self { whitelist })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": PATH.kind, PATH.name: list::strings(&self.whitelist)})
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only for data in {}", list::either(&self.quoted()))
    }

    pub(super) fn unverified_description(&self) -> String {
        let paths = self.quoted();
        let paths = Joined(&paths, " or ");
        format!("unverified data access caveat: this token can only be used to access data in these paths: {paths}")
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let roots = other.roots();
        self.whitelist.iter().all(|path| {
            let before = roots.partition_point(|root| root.order(path).is_le());
            before.checked_sub(1).is_some_and(|at| path.is_in(roots[at]))
        })
    }

    /// The paths that are in no other one, ascending: what contains a path can then only be the last one before it.
    fn roots(&self) -> Vec<&DataPath> {
        let mut roots: Vec<_> = self.whitelist.iter().collect();
        roots.sort_unstable_by(|one, other| one.order(other));
        roots.dedup_by(|next, kept| next.is_in(kept));
        roots
    }

    /// Names of files are not ours: characters that cannot be seen are escaped.
    fn quoted(&self) -> Vec<String> {
        self.whitelist.iter().map(|path| format!("{:?}", path.0)).collect()
    }
}

impl DataPath {
    /// Reads the canonical base64 of a canonical path.
    fn decode(base64: &str) -> Option<Self> {
        let path = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
        let mut components = path.strip_prefix('/')?.split('/');
        let canonical = components.all(|component| !matches!(component, "" | "." | ".."));
        (canonical && !path.contains(char::is_control)).then_some(Self(path))
    }

    /// By components, so that a directory stands right before what is in it.
    fn order(&self, other: &Self) -> Ordering {
        self.0.split('/').cmp(other.0.split('/'))
    }

    fn is_in(&self, root: &Self) -> bool {
        self.0.strip_prefix(&root.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl ObjectIds {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        list::parse(cid.strip_prefix("data.objectid = ")?, object_id).map(|whitelist| Self { whitelist })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        OBJECT_ID.read(json, |item| object_id(item.as_str()?)).map(|whitelist| Self { whitelist })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": OBJECT_ID.kind, OBJECT_ID.name: self.whitelist})
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only for data in the file or directory with the object id {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let ids = Joined(&self.whitelist, " or ");
        format!(
            "unverified data access caveat: this token can only be used to access data in these object ids: '{ids}'"
        )
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        list::subset(&self.whitelist, &other.whitelist)
    }
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data.path = {}", Joined(&self.whitelist, "|"))
    }
}

impl fmt::Display for ObjectIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data.objectid = {}", Joined(&self.whitelist, "|"))
    }
}

fn object_id(text: &str) -> Option<String> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    ((2..=256).contains(&text.len()) && text.len().is_multiple_of(2) && digits).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(list: &[&str]) -> Paths {
        let list: Vec<_> = list.iter().map(|path| STANDARD.encode(path)).collect();
        Paths::parse(&format!("data.path = {}", list.join("|"))).expect("a valid caveat")
    }

    #[test]
    fn they_hold_only_where_data_is_served() {
        assert_eq!(check(&Request::at(0)), Err(Unmet::DataAccess));
        assert_eq!(check(&Request { data_access: DataAccess::Allowed, ..Request::at(0) }), Ok(()));
    }

    #[test]
    fn a_path_is_in_a_directory_by_whole_components() {
        assert!(paths(&["/s/a/b", "/s/c"]).implies(&paths(&["/s/c", "/s/a"])));
        assert!(paths(&["/s/a/b"]).implies(&paths(&["/s/a", "/s/a!", "/s/a/a"])));
        assert!(!paths(&["/s/ab"]).implies(&paths(&["/s/a"])));
        assert!(!paths(&["/s"]).implies(&paths(&["/s/a"])));
        assert!(!paths(&["/s/a!/b"]).implies(&paths(&["/s/a"])));
    }

    #[test]
    fn only_canonical_paths_are_read() {
        assert_eq!(DataPath::decode("L3M="), Some(DataPath("/s".to_owned())));
        for path in
            ["", "/", "s", "s/a", "/s/", "//s", "/s//a", "/.", "/..", "/s/./a", "/s/..", "/s\0", "/s\n", "/\u{85}"]
        {
            assert_eq!(DataPath::decode(&STANDARD.encode(path)), None, "{path:?} was accepted");
        }
        for base64 in ["L3M", "L3N=", "L3M==", "L3M= ", "", "L_M=", "L/8="] {
            assert_eq!(DataPath::decode(base64), None, "{base64:?} was accepted");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_in_words() {
        assert_eq!(paths(&["/s/\u{202e}b"]).in_words(), r#"usable only for data in "/s/\u{202e}b""#);
    }

    #[test]
    fn object_ids_are_whole_bytes_in_upper_case() {
        assert!(object_id("00AF").is_some());
        assert!(object_id(&"A".repeat(256)).is_some());
        for text in ["", "0", "0AF", "00af", "0G", "00 ", "00AF\n"] {
            assert_eq!(object_id(text), None, "{text:?} was accepted");
        }
        assert_eq!(object_id(&"A".repeat(258)), None);
    }
}
