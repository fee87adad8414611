//! Users as other programs write them down: one a line, in one of three formats.
//!
//! Reads lines from an input and returns values; it opens no file and knows no store. Refusals name the line, and never hold a
//! hash or a password. A line costs at most 64 KiB of memory; names and ids are remembered, so that
//! no two users of one input are the same.
//!
//! Where the next thing goes: another format is a file next to `htpasswd.rs` and a variant of [`Format`].

mod htpasswd;
mod json_lines;
mod object;
mod onezone;
mod parsed;

use std::io::BufRead;

use self::parsed::Parsed;
use super::exported;
use crate::import::{RecordError, Seen};
use zonemint_base::lines::{Line, Lines};
use zonemint_base::model::{NameError, NameRule, UserId, UserName};

pub use parsed::{ImportError, ImportedUser, Refused};

/// Most characters of a name that a refusal shows: enough for an e-mail address, not for a file.
const MOST_TOLD: usize = 64;

/// How the input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `name:hash`, as the Apache HTTP server's `htpasswd -B` writes it; what follows the hash in a shadow file is not taken.
    Htpasswd,
    /// JSON objects with `username`, `fullName`, `passwordHash`, `blocked`, `userId`, `creationTime`.
    JsonLines,
    /// JSON objects as Onezone keeps or shows its users.
    Onezone,
}

/// The users of one input, line by line. Blank lines are no users. No Debug: it holds the line, with its hash.
pub struct Import<R> {
    format: Format,
    lines: Lines<R>,
    rule: NameRule,
    ignore_case: bool,
    names: Seen<String>,
    ids: Seen<UserId>,
}

impl<R: BufRead> Import<R> {
    /// Takes an input, of which nothing is read yet.
    pub fn new(format: Format, input: R) -> Self {
        Self {
            format,
            lines: Lines::new(input),
            rule: NameRule::Onezone,
            ignore_case: false,
            names: Seen::new("user name"),
            ids: Seen::new("user id"),
        }
    }

    /// The same input, with names of which `rule` says whether they may be chosen, and of which two that differ in case only are one
    /// where that is ignored.
    #[must_use]
    pub fn with_names(self, rule: NameRule, ignore_case: bool) -> Self {
        Self { rule, ignore_case, ..self }
    }

    /// Refuses a name that may not be chosen, with the rule that applies.
    fn chosen(&self, user: Result<ImportedUser, ImportError>) -> Result<ImportedUser, ImportError> {
        match user {
            Ok(user) => self.rule.check(&user.name).map(|()| user).map_err(ImportError::Name),
            Err(ImportError::Name(NameError::Directory)) => Err(ImportError::Name(self.rule.error())),
            refused => refused,
        }
    }

    /// Refuses a line whose name, as names are compared, or whose id an earlier line has.
    fn refuse_duplicate(&mut self, line: usize, parsed: &Parsed) -> Result<(), RecordError> {
        if let Some(name) = parsed.name.as_deref().and_then(|name| UserName::parse(name).ok()) {
            let name = if self.ignore_case { name.folded().as_str().to_owned() } else { name.to_string() };
            self.names.note(name, line)?;
        }
        parsed.user.as_ref().ok().and_then(|user| user.id).map_or(Ok(()), |id| self.ids.note(id, line))
    }

    /// The number of the line that was read last; the first line is 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.lines.number()
    }
}

impl<R: BufRead> Iterator for Import<R> {
    type Item = Result<ImportedUser, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, parsed) = match self.lines.next()? {
                (line, Line::Text(text)) => match self.format.parse(text) {
                    Some(parsed) => (line, parsed),
                    None => continue,
                },
                (line, Line::Bad(error)) => (line, Parsed { name: None, user: Err(RecordError::from(error).into()) }),
            };
            let may_be_swapped =
                matches!(parsed.user, Err(ImportError::Hash(refusal)) if exported::may_be_a_name(refusal));
            let user = self.refuse_duplicate(line, &parsed).map_err(ImportError::from).and(self.chosen(parsed.user));
            let name = parsed.name.filter(|name| !may_be_swapped && may_be_told(name));
            return Some(user.map_err(|reason| Refused { line, name, reason }));
        }
    }
}

impl Format {
    /// What a line says; nothing when it is blank or a comment.
    fn parse(self, line: &str) -> Option<Parsed> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        match self {
            Self::Htpasswd => htpasswd::parse(line),
            Self::JsonLines => Some(object::parse(line, &json_lines::KEYS)),
            Self::Onezone => Some(object::parse(line, &onezone::KEYS)),
        }
    }
}

/// Whether a name looks like one. Where somebody mixed up the columns a hash stands in its place: most have characters that no
/// name has, the others a length that is their own.
fn may_be_told(name: &str) -> bool {
    let is_short = name.chars().count() <= MOST_TOLD;
    is_short
        && !exported::may_be_a_bare_hash(name)
        && name.chars().all(|c| c.is_alphanumeric() || " ._-@+'".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, any, prop_assert, prop_oneof, proptest};

    use super::*;

    const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    /// What becomes of each line that is not skipped: the user's name, or the refusal's text.
    pub(super) fn told(format: Format, input: &[u8]) -> Vec<String> {
        let told = |one: Result<ImportedUser, Refused>| match one {
            Ok(user) => user.name.to_string(),
            Err(refused) => refused.to_string(),
        };
        Import::new(format, input).map(told).collect()
    }

    /// The only user of an input.
    pub(super) fn only(format: Format, input: &str) -> ImportedUser {
        let mut import = Import::new(format, input.as_bytes());
        let user = import.next().unwrap().unwrap();
        assert!(import.next().is_none());
        user
    }

    #[test]
    fn a_name_belongs_to_its_first_line_even_if_that_is_refused() {
        let input = format!("alice:{BCRYPT}\nbob:{{SHA}}x\nalice:{BCRYPT}\nbob:{BCRYPT}\n");
        let told = told(Format::Htpasswd, input.as_bytes());
        assert_eq!(told[0], "alice");
        assert!(told[1].starts_with("line 2 (bob): SHA-1 hashes are too weak"), "{}", told[1]);
        assert_eq!(
            told[2..],
            ["line 3 (alice): line 1 has the same user name", "line 4 (bob): line 2 has the same user name"]
        );
    }

    #[test]
    fn an_id_belongs_to_its_first_line() {
        let id = "0123456789abcdef0123456789abcdef";
        let input =
            format!("{{\"username\":\"alice\",\"userId\":\"{id}\"}}\n{{\"username\":\"bob\",\"userId\":\"{id}\"}}\n");
        assert_eq!(told(Format::JsonLines, input.as_bytes()), ["alice", "line 2 (bob): line 1 has the same user id"]);
    }

    #[test]
    fn bad_lines_leave_the_others_alone() {
        let mut input = format!("alice:{BCRYPT}\r\n\r\n").into_bytes();
        input.extend(b"bob:");
        input.extend("x".repeat(100_000).bytes());
        input.extend(b"\ncarol:\xff\n");
        input.extend(format!("dave:{BCRYPT}").as_bytes());
        assert_eq!(
            told(Format::Htpasswd, &input),
            ["alice", "line 3: the line has more than 65536 bytes", "line 4: the line is not UTF-8", "dave"]
        );
    }

    #[test]
    fn a_hash_in_the_names_place_is_not_told() {
        for line in
            [format!("{BCRYPT}:alice"), format!("{}:x", "x".repeat(65)), BCRYPT.to_owned(), "a\u{1b}[1m:x".into()]
        {
            let refused = Import::new(Format::Htpasswd, line.as_bytes()).next().unwrap().unwrap_err();
            assert_eq!(refused.name, None, "{refused}");
        }
    }

    #[test]
    fn nothing_of_a_line_whose_columns_are_swapped_is_told() {
        for name in [
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "sa6zCY2NLg.wE",
            "correct horse battery",
            "correct-horse",
            "ab",
        ] {
            for user in ["alice", "administrator"] {
                let refused = Import::new(Format::Htpasswd, format!("{name}:{user}").as_bytes()).next().unwrap();
                let refused = refused.unwrap_err();
                assert_eq!(refused.name, None, "{refused}");
                assert!(name.len() < 3 || !refused.to_string().contains(name), "{refused}");
            }
        }
        let input = format!("ab:{BCRYPT}\nab:alice\n5f4dcc3b5aa765d61d8327deb882cf99:{{SHA}}x\n");
        let told = told(Format::Htpasswd, input.as_bytes());
        assert_eq!(told[1], "line 2: line 1 has the same user name");
        assert!(told[2].starts_with("line 3: SHA-1"), "{told:?}");
    }

    #[test]
    fn a_name_that_breaks_its_rule_is_told_with_the_rule() {
        let told = told(Format::Htpasswd, format!("jan kowalski@x.pl:{BCRYPT}").as_bytes());
        assert_eq!(told, [format!("line 1 (jan kowalski@x.pl): {}", NameError::User)]);
    }

    proptest! {
        #[test]
        fn no_input_panics_and_no_refusal_tells_a_hash(
            format in prop_oneof![Just(Format::Htpasswd), Just(Format::JsonLines), Just(Format::Onezone)],
            head in prop_oneof![Just("alice:"), Just("{\"username\":\"alice\",\"passwordHash\":\""), Just("")],
            hash in "[$2bpdkf-]{0,9}[A-Za-z0-9+/=$]{40,60}",
            tail in prop_oneof![Just("\"}\n".to_owned()), any::<String>()],
        ) {
            let input = format!("{head}{hash}{tail}");
            for one in Import::new(format, input.as_bytes()) {
                if let Err(refused) = one {
                    prop_assert!(!refused.to_string().contains(&hash), "{refused}");
                }
            }
        }
    }
}
