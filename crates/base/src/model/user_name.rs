//! User names, by Onezone's rule or as in other directories, and how they are compared without case.

use std::fmt;
use std::ops::RangeInclusive;

use icu_casemap::CaseMapper;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_public_assigned;

use super::{NameError, SubjectKind, TokenId};

/// Characters besides letters and digits that a name may have inside: those of user principal names in directories, of common mail
/// addresses, and the separator of domain and user.
const INSIDE: &str = "._-+'&#!^~@\\";
/// A name may have each of these once.
const ONCE: [char; 2] = ['@', '\\'];
/// The fillers of Hangul, which Unicode counts as letters, and which are invisible.
const BLANK_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
/// Most nonspacing marks after one letter (UTS #39 section 5.4).
const MOST_MARKS: usize = 4;
/// Blocks of marks for letters of all scripts. NFC composes those pairs of letter and mark that are in use; other pairs look almost
/// like existing letters.
const GENERAL_MARKS: [RangeInclusive<char>; 5] = [
    '\u{300}'..='\u{36f}',
    '\u{1ab0}'..='\u{1aff}',
    '\u{1dc0}'..='\u{1dff}',
    '\u{20d0}'..='\u{20ff}',
    '\u{fe20}'..='\u{fe2f}',
];
/// The vowel AM of Thai and of Lao, one key and one character, after the two characters into which NFKC decomposes it.
const AM: [([char; 2], &str); 2] = [(['\u{e4d}', '\u{e32}'], "\u{e33}"), (['\u{ecd}', '\u{eb2}'], "\u{eb3}")];
/// Most bytes of a name: those of the longest mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;
/// Most bytes that NFC can shorten to this length: it composes characters of four bytes with marks.
const LONGEST_TYPED: usize = 4 * LONGEST;

/// Which names may be chosen: the setting `login.user_names`. Existing names stay valid under both rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameRule {
    /// Onezone's: 2 to 32 of `[a-zA-Z0-9]`, with `.`, `_` and `-` inside.
    Onezone,
    /// As in other directories, also mail addresses and `DOMAIN\user`: what [`UserName::parse`] accepts, without the characters
    /// that Unicode's NFKC replaces (full-width letters, ligatures), without symbols that count as letters, and with marks only of the
    /// script of their letter.
    Directory,
}

impl NameRule {
    /// Reads a name that a user chooses.
    ///
    /// # Errors
    /// [`NameError`] states this rule.
    pub fn choose(self, text: &str) -> Result<UserName, NameError> {
        let name = UserName::parse(text).map_err(|_| self.error())?;
        self.check(&name).map(|()| name)
    }

    /// Checks whether a name may be chosen.
    ///
    /// # Errors
    /// [`NameError`] states this rule.
    pub fn check(self, name: &UserName) -> Result<(), NameError> {
        let may_be = name.is_onezones() || self == Self::Directory && name.is_plain();
        if may_be { Ok(()) } else { Err(self.error()) }
    }

    /// The error of names that break this rule.
    #[must_use]
    pub fn error(self) -> NameError {
        match self {
            Self::Onezone => NameError::User,
            Self::Directory => NameError::Directory,
        }
    }
}

/// The name with which a user signs in, in Unicode's NFC: as it is stored, in the case that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

impl UserName {
    /// Reads a name that may exist, which is more than may be chosen: at least two characters and at most 254 bytes, letters and
    /// digits of any script, up to four nonspacing marks after each, and `. _ - + ' & # ! ^ ~` and at most one `@` and one `\`
    /// inside. The id of an account (`usr-…`, `prv-…`) is no name. Letters that the Unicode tables of this program do not contain do not
    /// count as letters.
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
            && name.chars().all(|c| is_letter(c) || is_mark(c) || INSIDE.contains(c))
            && name.starts_with(is_letter)
            && name.ends_with(|c| is_letter(c) || is_mark(c))
            && has_few_marks(&name)
            && ONCE.iter().all(|once| name.matches(*once).count() <= 1);
        let name = Self(name);
        if good && !name.folded().reads_as_id() { Ok(name) } else { Err(NameError::Directory) }
    }

    /// Whether the name follows Onezone's rule. Programs of earlier versions can read only such names.
    #[must_use]
    pub fn is_onezones(&self) -> bool {
        self.0.len() <= 32 && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }

    /// Whether a name has no part that is known as another spelling of another name. Letters that look alike are not detected.
    fn is_plain(&self) -> bool {
        let am =
            |name: String, (apart, together): &([char; 2], &str)| name.replace(&String::from_iter(apart), together);
        self.0.is_ascii()
            || AM.iter().fold(self.0.nfkc().collect(), am) == self.0
                && !has_am_apart(&self.0)
                && self.0.chars().all(|c| INSIDE.contains(c) || is_of_words(c))
                && has_marks_of_its_scripts_alone(&self.0)
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for comparisons without case.
    #[must_use]
    pub fn folded(&self) -> FoldedName {
        FoldedName(folded(&self.0))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text for comparisons without case: after Unicode's default case folding, in NFC.
#[must_use]
pub fn caseless(text: &str) -> String {
    if text.is_ascii() { folded(text) } else { folded(&text.nfc().collect::<String>()) }
}

/// Folds a text in NFC.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Folding can leave marks that NFC composes: those of Ϊ́ and ΐ, for example.
    CaseMapper::new().fold_string(text).nfc().collect()
}

/// A user name after Unicode's default case folding (the Unicode Standard, section 3.13: `CaseFolding.txt`, C and F), in NFC.
///
/// An assigned letter or mark folds in the same way in all versions of Unicode, and names have no others: stored names stay valid
/// when this program gets newer tables.
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

/// The compiler, the crate that normalises and those that fold have Unicode tables. A letter counts only if all tables contain it:
/// otherwise it could fold in another way once the other tables are newer.
fn is_letter(c: char) -> bool {
    let is_known =
        || is_public_assigned(c) && category(c) != GeneralCategory::Unassigned && !BLANK_LETTERS.contains(&c);
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && is_known())
}

/// Whether a character is drawn at the letter before it. Invisible marks do not count, nor those that enclose a letter.
fn is_mark(c: char) -> bool {
    let is_drawn = || !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    let is_at_letter = || matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark);
    !c.is_ascii() && is_public_assigned(c) && is_at_letter() && is_drawn()
}

fn is_nonspacing(c: char) -> bool {
    category(c) == GeneralCategory::NonspacingMark
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Whether a character is a letter, a mark or a number of letters. Symbols in circles and squares count as letters as well.
fn is_of_words(c: char) -> bool {
    let category = category(c);
    GeneralCategoryGroup::Letter.contains(category)
        || GeneralCategoryGroup::Mark.contains(category)
        || matches!(category, GeneralCategory::DecimalNumber | GeneralCategory::LetterNumber)
}

/// Whether a name has the two parts of a vowel AM, also with marks between them: they look like the vowel.
fn has_am_apart(name: &str) -> bool {
    AM.iter().any(|([first, second], _)| {
        let mut is_begun = false;
        name.chars().any(|c| {
            let is_end = is_begun && c == *second;
            is_begun = c == *first || is_begun && is_mark(c);
            is_end
        })
    })
}

/// Whether each mark follows a letter and at most a few other marks. Marks that Unicode counts as letters may be anywhere.
fn has_few_marks(name: &str) -> bool {
    let mut left = 0;
    name.chars().all(|c| {
        let is_letter = is_letter(c);
        left = match (is_letter, is_mark(c)) {
            (true, _) => MOST_MARKS,
            (false, true) if left == 0 => return false,
            (false, true) => left - usize::from(is_nonspacing(c)),
            (false, false) => 0,
        };
        true
    })
}

/// Whether each mark, also one that counts as a letter, follows a letter of its own script, at most a few other marks, and not itself.
/// Digits that scripts share have no marks, and Latin letters only those that NFC composes.
fn has_marks_of_its_scripts_alone(name: &str) -> bool {
    let scripts = ScriptWithExtensions::new();
    let (mut script, mut marks, mut last) = (None, 0, None);
    name.chars().all(|c| {
        let is_fine = if GeneralCategoryGroup::Mark.contains(category(c)) {
            marks += usize::from(is_nonspacing(c));
            let has_own = |script| ![Script::Common, Script::Latin].contains(&script) && scripts.has_script(c, script);
            let is_own = script.is_some_and(has_own);
            let is_general = GENERAL_MARKS.iter().any(|block| block.contains(&c));
            is_own && is_mark(c) && !is_general && marks <= MOST_MARKS && last != Some(c)
        } else {
            script = is_letter(c).then(|| scripts.get_script_val(c));
            marks = 0;
            true
        };
        last = Some(c);
        is_fine
    })
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
    fn marks_follow_letters_of_their_own_script() {
        for good in [
            "हिन्दी", "प्रिया@example.org", "ที่นี่", "น\u{e49}\u{e33}", "ນ\u{ec9}\u{eb3}", "မြန်မာ", "မြွှေး", "தமிழ்", "מֹשֶׁה",
            "مُحَمَّد",
        ] {
            let composed: String = good.nfc().collect();
            assert_eq!(NameRule::Directory.choose(good).unwrap().as_str(), composed);
        }
        for bad in [
            "\u{94d}ab",
            "a\u{94d}b",
            "a\u{902}b",
            "o\u{338}le",
            "ali\u{307}",
            "б\u{301}ка",
            "क\u{94d}\u{94d}ष",
            "क\u{93c}\u{941}\u{902}\u{951}\u{94d}ष",
            "क-\u{94d}ष",
            "क\u{fe0f}ष",
            "क\u{34f}ष",
            "क\u{20dd}ष",
            "\u{93f}कष",
            "न\u{e48}ก",
            "น\u{e4d}\u{e32}",
            "ກ\u{ecd}\u{eb2}",
            "น\u{e4d}\u{e49}\u{e32}",
            "g\u{485}irts",
            "i\u{486}van",
            "jose\u{951}",
            "user1\u{1d16d}smith",
            "jan1\u{1d165}",
            "\u{1f170}dmin",
            "jan\u{2776}",
        ] {
            assert_eq!(NameRule::Directory.choose(bad), Err(NameError::Directory), "{bad:?} was accepted");
        }
        // Such a name may be there.
        for there in ["\u{93f}कष", "ali\u{307}", "น\u{e4d}\u{e32}"] {
            assert!(UserName::parse(there).is_ok(), "{there:?}");
        }
    }

    #[test]
    fn what_differs_in_compatibility_characters_is_not_chosen() {
        for [good, bad] in [
            ["admin", "ａｄｍｉｎ"],
            ["finn", "ﬁnn"],
            ["jan2", "jan²"],
            ["jose", "joſe"],
            ["한글", "ㅎㅏㄴ글"],
            ["カナ", "ｶﾅ"],
            ["محمد", "ﻣﺤﻤﺪ"],
        ] {
            assert_eq!(NameRule::Directory.choose(good).unwrap().as_str(), good);
            assert_eq!(NameRule::Directory.choose(bad), Err(NameError::Directory), "{bad}");
            assert!(UserName::parse(bad).is_ok(), "{bad} may be there, and signs in");
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
