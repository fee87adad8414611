//! What stands in a token's identifier: who, what for, and which one. A claim, until the signature is checked.

use super::{Subject, SubjectKind, TokenId, TokenType};
use zonemint_caveat::TokenKind;

/// Longest subject or token id in an identifier, in bytes. Ours have 32 and 43; Onezone's own have at most 38.
const LONGEST_ID: usize = 128;

/// An identifier in one of its two forms, of this service or any other one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier<'a> {
    /// Version 1: the id alone, which has no slash.
    Bare(&'a str),
    /// Version 2: `2/<persistence>/<subject>/<type>/<id>`.
    Structured {
        /// Named or temporary.
        persistence: Persistence,
        /// What kind of subject the token speaks for.
        subject: SubjectKind,
        /// Which one.
        subject_id: &'a str,
        /// What for.
        kind: TokenType,
        /// Which token.
        id: &'a str,
    },
}

/// Whether a token stands in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// It does.
    Named,
    /// It does not; it is good while its subject's generation of temporary tokens is this one.
    Temporary {
        /// From 1 on.
        generation: u64,
    },
}

impl<'a> Identifier<'a> {
    /// Reads an identifier. None for bytes that no version has.
    ///
    /// As in Onezone, what begins with a whole number and a slash has that version, and everything else is version 1.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let Some((version, rest)) = text.split_once('/') else { return is_id(text).then_some(Self::Bare(text)) };
        if version != "2" {
            return None;
        }
        let [persistence, subject, kind, id] = rest.split('/').collect::<Vec<_>>().try_into().ok()?;
        let (subject, subject_id) = subject.split_once('-')?;
        if !is_id(subject_id) || !is_id(id) {
            return None;
        }
        Some(Self::Structured {
            persistence: Persistence::parse(persistence)?,
            subject: SubjectKind::from_abbreviation(subject)?,
            subject_id,
            kind: TokenType::from_text(kind)?,
            id,
        })
    }

    /// What the token is for. A bare identifier is an access token's.
    #[must_use]
    pub fn kind(&self) -> TokenType {
        match self {
            Self::Bare(_) => TokenType::Access,
            Self::Structured { kind, .. } => kind.clone(),
        }
    }
}

impl Persistence {
    fn parse(text: &str) -> Option<Self> {
        if text == "nmd" {
            return Some(Self::Named);
        }
        let digits = text.strip_prefix("tmp-")?;
        let generation = digits.parse().ok()?;
        // One spelling each: no sign, no leading zero.
        (u64::to_string(&generation) == digits).then_some(Self::Temporary { generation })
    }

    /// Onezone's name: `named` or `temporary`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Temporary { .. } => "temporary",
        }
    }
}

/// The identifier of a named token of ours.
#[must_use]
pub fn named_identifier(subject: Subject, kind: TokenKind, id: TokenId) -> String {
    format!("2/nmd/{subject}/{}/{id}", abbreviation(kind))
}

/// The identifier of a temporary token of ours.
#[must_use]
pub fn temporary_identifier(subject: Subject, generation: u64, kind: TokenKind, id: TokenId) -> String {
    format!("2/tmp-{generation}/{subject}/{}/{id}", abbreviation(kind))
}

fn abbreviation(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "act",
        TokenKind::Identity => "idn",
        // None is ever made: what they invite to is not here.
        TokenKind::Invite => "inv",
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn what_we_write_is_read_again() {
        let random = Random::danger_seeded(1);
        let subject: Subject = "usr-0123456789abcdef0123456789abcdef".parse().unwrap();
        let id = TokenId::named(5, &random);
        for (text, persistence) in [
            (named_identifier(subject, TokenKind::Identity, id), Persistence::Named),
            (temporary_identifier(subject, 3, TokenKind::Identity, id), Persistence::Temporary { generation: 3 }),
        ] {
            let expected = Identifier::Structured {
                persistence,
                subject: SubjectKind::User,
                subject_id: "0123456789abcdef0123456789abcdef",
                kind: TokenType::Identity,
                id: &id.to_string(),
            };
            assert_eq!(Identifier::parse(text.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn identifiers_of_onezone_are_read() {
        assert!(matches!(Identifier::parse(b"c1dddb487717a5a910a426ee79871001"), Some(Identifier::Bare(_))));
        for text in ["2/nmd/prv-abc/act/0f", "2/tmp-12/usr-a@b.c/act:session/x", "2/nmd/usr-u/ujs:space:/x"] {
            assert!(matches!(Identifier::parse(text.as_bytes()), Some(Identifier::Structured { .. })), "{text}");
        }
    }

    #[test]
    fn other_bytes_are_not_read() {
        for text in [
            "", "a b", "1/nmd/usr-u/act/x", "3/nmd/usr-u/act/x", "2/", "2/nmd/usr-u/act", "2/nmd/usr-u/act/x/y",
            "2/nmd/usr-/act/x", "2/nmd/usr-u/act/", "2/nmd/grp-u/act/x", "2/nmd/usr-u/xxx/x", "2/tmp/usr-u/act/x",
            "2/tmp-/usr-u/act/x", "2/tmp-01/usr-u/act/x", "2/tmp-+1/usr-u/act/x", "02/nmd/usr-u/act/x", "\u{e9}",
        ] {
            assert_eq!(Identifier::parse(text.as_bytes()), None, "{text:?} was read");
        }
        assert_eq!(Identifier::parse(b"\xff"), None);
    }
}
