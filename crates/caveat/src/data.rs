//! `data.path = …`, `data.objectid = …`: for which data a token may be used.
//!
//! They are enforced where the data is. Here they hold only for a verifier that enforces them.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::list::{self, Field, Joined, whitelist};
use super::{DataAccess, JsonError, Request, Unmet};

const PATH: Field = Field {
    kind: "data.path",
    name: "whitelist",
    item: "the padded base64 of a path such as \"/space/dir\", which is not \"/\" and has no \"/\" at its end",
};

/// Base64 as JSON may have it: bits that pad the last character may be set, as in Onezone.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

const OBJECT_ID: Field = Field {
    kind: "data.objectid",
    name: "whitelist",
    item: "the CDMI object id of a file or directory in hexadecimal digits, such as \"0000000000081BF36775696423612362\"",
};

/// Longest object id, in digits: 8 bytes of head, and 320 of data at most (Onedata's `file_id`). One of a shared hard link has 322.
const LONGEST_OBJECT_ID: usize = 2 * (8 + 320);

whitelist! {
    /// Allows the files and directories at these paths, and everything below them.
    Paths, DataPath, PATH, DataPath::decode, |item| DataPath::read(item.as_str()?), list::strings
}

whitelist! {
    /// Allows these files and directories, and everything below them. An id is a CDMI object id, in upper case.
    ObjectIds, String, OBJECT_ID, object_id, |item| object_id(item.as_str()?), list::strings
}

/// An absolute path, as in `/space/dir`. As in Onezone, a path that is not canonical is accepted, and only compared as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DataPath(String);

/// Whether a caveat about data can hold at all.
pub(super) fn check(request: &Request) -> Result<(), Unmet> {
    match request.data_access {
        DataAccess::Allowed => Ok(()),
        DataAccess::Refused => Err(Unmet::DataAccess),
    }
}

impl Paths {
    pub(super) fn in_words(&self) -> String {
        format!("usable only for data in {}", list::either(&self.quoted()))
    }

    pub(super) fn unverified_description(&self) -> String {
        let paths: Vec<_> = self.whitelist.iter().map(|path| path.0.escape_debug()).collect();
        let paths = Joined(&paths, " or ");
        format!(
            "unverified data path caveat: this token can only be used to access data under the following paths (and nested \
             directories): '{paths}'"
        )
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let (same, roots): (HashSet<_>, _) = (other.whitelist.iter().collect(), other.roots());
        self.whitelist.iter().all(|path| {
            let before = roots.partition_point(|root| root.order(path).is_le());
            let is_below = || before.checked_sub(1).is_some_and(|at| path.is_in(roots[at]));
            same.contains(path) || (is_canonical_path(&path.0) && is_below())
        })
    }

    /// The canonical paths that are in no other one, ascending: only the last one before a path can contain it.
    fn roots(&self) -> Vec<&DataPath> {
        let mut roots: Vec<_> = self.whitelist.iter().filter(|path| is_canonical_path(&path.0)).collect();
        roots.sort_unstable_by(|one, other| one.order(other));
        roots.dedup_by(|next, kept| next.is_in(kept));
        roots
    }

    /// Users choose the names of files: invisible characters are escaped.
    fn quoted(&self) -> Vec<String> {
        self.whitelist.iter().map(|path| format!("{:?}", path.0)).collect()
    }
}

/// Whether a path is absolute and has no empty, `.` or `..` component and no control character, so that it has one meaning.
#[must_use]
pub fn is_canonical_path(path: &str) -> bool {
    let components = path.strip_prefix('/').map(|rest| rest.split('/'));
    let canonical = components.is_some_and(|mut all| all.all(|component| !matches!(component, "" | "." | "..")));
    canonical && !path.contains(char::is_control)
}

impl DataPath {
    /// Reads the canonical base64 of a path.
    fn decode(base64: &str) -> Option<Self> {
        Self::new(STANDARD.decode(base64).ok()?)
    }

    /// Reads base64 in JSON, and ignores blanks and line ends, as Onezone does.
    fn read(base64: &str) -> Option<Self> {
        let base64: String = base64.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
        Self::new(LENIENT.decode(base64).ok()?)
    }

    fn new(path: Vec<u8>) -> Option<Self> {
        String::from_utf8(path).ok().filter(|path| path.starts_with('/') && !path.ends_with('/')).map(Self)
    }

    /// By components, so that a directory is directly before its contents.
    fn order(&self, other: &Self) -> Ordering {
        self.0.split('/').cmp(other.0.split('/'))
    }

    fn is_in(&self, root: &Self) -> bool {
        self.0.strip_prefix(&root.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl ObjectIds {
    /// Refuses ids from which no service could find a file.
    pub(super) fn checked_new(&self) -> Result<(), JsonError> {
        OBJECT_ID.check(&self.whitelist, |id| is_file_id(id))
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only for data in the file or directory with the object id {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let ids = Joined(&self.whitelist, " or ");
        format!(
            "unverified data path caveat: this token can only be used to access data with the following FILE_ID (and nested \
             directories): '{ids}'"
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

/// Reads hexadecimal digits of either case, two for each byte.
fn object_id(text: &str) -> Option<String> {
    let is_id = (2..=LONGEST_OBJECT_ID).contains(&text.len()) && text.len().is_multiple_of(2);
    (is_id && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_ascii_uppercase())
}

/// Whether an object id is one of a file: a head of 8 bytes (zero, three of the enterprise, zero, length, two of the sum), then
/// `guid#<file>#<space>` or `shareGuid#<file>#<space>#<share>`. As in Onedata, length and sum are not compared.
fn is_file_id(id: &str) -> bool {
    let bytes: Vec<_> =
        (0..id.len()).step_by(2).filter_map(|at| u8::from_str_radix(id.get(at..at + 2)?, 16).ok()).collect();
    let [0, _, _, _, 0, _, _, _, data @ ..] = &bytes[..] else { return false };
    let parts: Vec<_> = data.split(|byte| *byte == b'#').collect();
    matches!(&parts[..], [b"guid", _, _] | [b"shareGuid", _, _, _])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn only_absolute_paths_are_read() {
        assert_eq!(DataPath::decode("L3M="), Some(DataPath("/s".to_owned())));
        for path in ["", "/", "//", "s", "s/a", "/s/"] {
            assert_eq!(DataPath::decode(&STANDARD.encode(path)), None, "{path:?} was accepted");
        }
        for base64 in ["L3M", "L3N=", "L3M==", "L3M= ", "", "L_M=", "L/8="] {
            assert_eq!(DataPath::decode(base64), None, "{base64:?} was accepted");
        }
    }

    #[test]
    fn json_may_spell_base64_in_other_ways() {
        let json = json!({"whitelist": ["L3N=", " L3\r\nM=\t"]});
        assert_eq!(Paths::from_json(&json), Ok(paths(&["/s", "/s"])));
        for base64 in ["L3M", "L3M==", "L_M=", "L3M=\u{b}", "L3M=\u{a0}"] {
            assert!(Paths::from_json(&json!({"whitelist": [base64]})).is_err(), "{base64:?} was accepted");
        }
    }

    #[test]
    fn what_programs_may_read_differently_is_in_no_other_path() {
        for path in ["//s", "/s//a", "/.", "/..", "/s/./a", "/s/../a", "/s/..", "/s\0", "/s\n", "/\u{85}"] {
            assert!(!is_canonical_path(path), "{path:?}");
            assert!(paths(&[path]).implies(&paths(&["/b", path])), "{path:?}");
            assert!(!paths(&[path]).implies(&paths(&["/s"])), "{path:?}");
            assert!(!paths(&[format!("{path}/x").as_str()]).implies(&paths(&[path])), "{path:?}");
        }
        assert!(!paths(&["/s/../a"]).implies(&paths(&["/s/..", "/s"])));
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_in_words() {
        assert_eq!(paths(&["/s/\u{202e}b\n"]).in_words(), r#"usable only for data in "/s/\u{202e}b\n""#);
        let told = paths(&["/s/\u{202e}b\n"]).unverified_description();
        assert!(told.ends_with(r"(and nested directories): '/s/\u{202e}b\n'"), "{told}");
    }

    #[test]
    fn object_ids_are_whole_bytes_and_kept_in_upper_case() {
        assert_eq!(object_id("00aF").as_deref(), Some("00AF"));
        assert!(object_id(&"A".repeat(656)).is_some());
        for text in ["", "0", "0AF", "0G", "00 ", "00AF\n", "0x00", "+0", "٠٠"] {
            assert_eq!(object_id(text), None, "{text:?} was accepted");
        }
        assert_eq!(object_id(&"A".repeat(658)), None);
    }

    #[test]
    fn a_new_object_id_is_that_of_a_file() {
        let id = |data: &str| {
            let bytes = [&[0, 0, 0, 0, 0, 8, 0x1b, 0xf3][..], data.as_bytes()].concat();
            bytes.iter().fold(String::new(), |id, byte| format!("{id}{byte:02X}"))
        };
        let share = format!("shareGuid#{}#{}#{}", "f".repeat(67), "5".repeat(37), "e".repeat(37));
        assert_eq!(id(&share).len(), 322);
        for data in ["guid#a#b", "shareGuid#a#b#c", "guid#ä#b", "guid##", &share] {
            assert!(is_file_id(&id(data)), "{data:?} was refused");
        }
        for data in ["", "guid", "guid#a", "guid#a#b#c", "shareGuid#a#b", "shareGuid#a#b#c#d", "Guid#a#b", "x"] {
            assert!(!is_file_id(&id(data)), "{data:?} was accepted");
        }
        for text in ["00", "0000000000", "0100000000081BF36775696423612362", "0000000001081BF36775696423612362"] {
            assert!(!is_file_id(text), "{text:?} was accepted");
        }
    }
}
