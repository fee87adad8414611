//! What users sign in with, by Onezone's rule or as other directories have it, and how names are compared without case.

use std::fmt;

use icu_casemap::CaseMapper;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_public_assigned;

use super::{NameError, SubjectKind, TokenId};

/// Characters beside letters and digits that a name may have inside: those of user principal names in directories, of mail addresses
/// as people have them, and what parts a domain from a user.
const INSIDE: &str = "._-+'&#!^~@\\";
/// Of these a name has one at most.
const ONCE: [char; 2] = ['@', '\\'];
/// The fillers of Hangul, which Unicode counts as letters, and which do not show.
const BLANK_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
/// Most bytes of a name: those of the longest mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;
/// Most bytes that can become so few by NFC, which takes a character of four bytes and marks together.
const LONGEST_TYPED: usize = 4 * LONGEST;

/// Which names may be chosen: the setting `login.user_names`. Names that there are stay good under either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameRule {
    /// Onezone's: 2 to 32 of `[a-zA-Z0-9]`, with `.`, `_` and `-` inside.
    Onezone,
    /// As other directories have them, mail addresses and `DOMAIN\user` too: whatever [`UserName::parse`] takes.
    Directory,
}

impl NameRule {
    /// Reads a name that somebody chooses.
    ///
    /// # Errors
    /// [`NameError`] tells this rule.
    pub fn choose(self, text: &str) -> Result<UserName, NameError> {
        let name = UserName::parse(text).map_err(|_| self.error())?;
        self.check(&name).map(|()| name)
    }

    /// Whether a name may be chosen.
    ///
    /// # Errors
    /// [`NameError`] tells this rule.
    pub fn check(self, name: &UserName) -> Result<(), NameError> {
        if self == Self::Directory || name.is_onezones() { Ok(()) } else { Err(self.error()) }
    }

    /// What breaking this rule is told as.
    #[must_use]
    pub fn error(self) -> NameError {
        match self {
            Self::Onezone => NameError::User,
            Self::Directory => NameError::Directory,
        }
    }
}

/// What a user signs in with, in Unicode's NFC: as it is kept, in the letters that were chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

impl UserName {
    /// Reads a name by the wider of the rules: at least two characters and at most 254 bytes, letters and digits of any script, with
    /// `. _ - + ' & # ! ^ ~` and at most one `@` and one `\` inside. What reads as the id of an account (`usr-…`, `prv-…`) is no name.
    /// Letters that the tables of Unicode in this program do not know are none.
    ///
    /// # Errors
    /// [`NameError::Directory`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > LONGEST_TYPED {
            return Err(NameError::Directory);
        }
        let name = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
        let good = name.len() <= LONGEST
            && name.chars().count() >= 2
            && name.chars().all(|c| is_letter(c) || INSIDE.contains(c))
            && name.starts_with(is_letter)
            && name.ends_with(is_letter)
            && ONCE.iter().all(|once| name.matches(*once).count() <= 1);
        let name = Self(name);
        if good && !name.folded().reads_as_id() { Ok(name) } else { Err(NameError::Directory) }
    }

    /// Whether the name keeps Onezone's rule, the only one that programs of earlier versions can read.
    #[must_use]
    pub fn is_onezones(&self) -> bool {
        self.0.len() <= 32 && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared where case does not count.
    #[must_use]
    pub fn folded(&self) -> FoldedName {
        if self.0.is_ascii() {
            return FoldedName(self.0.to_ascii_lowercase());
        }
        // Folding can leave marks behind that NFC puts together: those of Ϊ́ and ΐ, for one.
        FoldedName(CaseMapper::new().fold_string(&self.0).nfc().collect())
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user name after Unicode's default case folding (the Unicode Standard, section 3.13: `CaseFolding.txt`, C and F), in NFC.
///
/// A letter that is assigned folds alike in all versions of Unicode, and names have no others: what is stored stays right when the
/// tables in this program become newer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldedName(String);

impl FoldedName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn reads_as_id(&self) -> bool {
        let kinds = [SubjectKind::User, SubjectKind::Provider].into_iter();
        let mut ids = kinds.filter_map(|kind| self.0.strip_prefix(kind.abbreviation())?.strip_prefix('-'));
        // An id has 16 or 18 bytes, as those of tokens that are not client tokens.
        ids.any(|id| id.len() < TokenId::TEXT_LENGTH && TokenId::parse(id.as_bytes()).is_ok())
    }
}

/// Tables of Unicode come with the compiler, with the crate that normalises, and with those that fold. A letter counts only if all
/// know it: else it could fold in another way once the others are newer.
fn is_letter(c: char) -> bool {
    let folds = |c| CodePointMapData::<GeneralCategory>::new().get(c) != GeneralCategory::Unassigned;
    let is_known = || is_public_assigned(c) && folds(c) && !BLANK_LETTERS.contains(&c);
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && is_known())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::model::hex;

    fn folded(text: &str) -> String {
        UserName::parse(text).unwrap_or_else(|_| panic!("{text:?} was refused")).folded().0
    }

    #[test]
    fn user_names_follow_onezones_rule() {
        for good in ["al", "alice", "a.b-c_d", "A1", &"x".repeat(32)] {
            assert!(NameRule::Onezone.choose(good).is_ok(), "{good:?} was refused");
        }
        for bad in ["", "a", ".al", "al.", "a l", "ąb", "a:b", "al\n", "a@b", "a\\b", "a+b", &"x".repeat(33)] {
            assert_eq!(NameRule::Onezone.choose(bad), Err(NameError::User), "{bad:?} was accepted");
        }
    }

    #[test]
    fn other_directories_have_mail_addresses_and_domains() {
        let longest = format!("{}@example.org", "x".repeat(242));
        for good in [
            "jan.kowalski+zone@example.org", r"EXAMPLE\jan", r"EXAMPLE\jan@example.org", "o'brien@example.org",
            "john_contoso.com#EXT#@fabrikam.example", "Łukasz", "李明", "usr-jan",
            "usr-0123456789abcdef0123456789abcdeg", &longest,
        ] {
            assert_eq!(NameRule::Directory.choose(good).unwrap().as_str(), good);
        }
        for bad in [
            "a",
            "a:b",
            "a=b",
            "a b",
            "a\u{a0}b",
            "a\u{3000}b",
            "a\tb",
            "a\0b",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{3164}b",
            "a@b@c",
            r"a\b\c",
            "@ab",
            r"ab\",
            "_ab",
            "__token__",
            "a/b",
            "a%b",
            "a,b",
            "a\"b",
            "a*b",
            "a\u{10ffff}b",
            "usr-0123456789abcdef0123456789abcdef",
            "USR-0123456789ABCDEF0123456789abcdef",
            "u\u{17f}r-0123456789abcdef0123456789abcdef",
            "prv-0123456789abcdef0123456789abcdefch0123",
            &format!("{longest}x"),
            &"\u{10400}".repeat(64),
        ] {
            assert_eq!(NameRule::Directory.choose(bad), Err(NameError::Directory), "{bad:?} was accepted");
        }
    }

    #[test]
    fn two_spellings_of_one_text_are_one_name() {
        let [composed, decomposed] = ["Jos\u{e9}", "Jose\u{301}"].map(|text| UserName::parse(text).unwrap());
        assert_eq!(composed, decomposed);
        assert_eq!(composed.as_str(), "Jos\u{e9}");
    }

    #[test]
    fn names_are_folded_as_unicode_says() {
        for (one, other) in [
            ("Alice", "aLICE"),
            ("Straße", "STRASSE"),
            ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
            ("\u{212a}im", "kim"),
            ("ŁUKASZ", "łukasz"),
            ("ﬁnn", "FINN"),
            ("ǰan", "ǰAN"),
            ("İpek", "i\u{307}PEK"),
        ] {
            let [one, other] = [one, other].map(|text| {
                let composed: String = text.nfc().collect();
                CaseMapper::new().fold_string(&composed).nfc().collect::<String>()
            });
            assert_eq!(one, other);
        }
        assert_eq!(folded("Straße@Example.ORG"), "strasse@example.org");
        assert_eq!(folded(r"EXAMPLE\Jan"), r"example\jan");
        assert_ne!(folded("ırmak"), folded("irmak"), "the dotless i is a letter of its own");
        assert_ne!(folded("Jose"), folded("José"));
    }

    /// What is stored must stay as it is folded now. A newer table may know more letters: then their folding joins this sum. If that of
    /// a letter of before changes, names that are stored would not be found any more.
    #[test]
    fn the_folding_of_a_letter_never_changes() {
        let mut sum = Sha256::new();
        for c in ('\u{80}'..='\u{2ffff}').filter(|c| is_letter(*c)) {
            if let Ok(name) = UserName::parse(&format!("a{c}a")) {
                let again = UserName::parse(name.folded().as_str()).map(|name| name.folded());
                assert!(again.is_err() || again == Ok(name.folded()), "{c:?} folds to what folds further");
                if name.folded().as_str() != name.as_str() {
                    sum.update(format!("{name} {}\n", name.folded().as_str()));
                }
            }
        }
        assert_eq!(hex(&sum.finalize()[..16]), "33d6f464582ba4c3fd139e6c7ae857da");
    }

    #[test]
    fn the_tables_that_fold_are_of_one_version() {
        // Capital letters of Unicode 16 (Garay) and 17 (Beria Erfe) have their small ones.
        for (capital, small) in [('\u{10d50}', '\u{10d70}'), ('\u{16ea0}', '\u{16ebb}')] {
            assert!(is_letter(capital) && is_letter(small));
            assert_eq!(CaseMapper::new().fold_string(&capital.to_string()), small.to_string());
        }
    }
}
