//! Why a password hash cannot be kept.

use super::argon2id::Unusable;
use super::hash_kind::Kind;

/// Why a hash cannot be kept. The text is for the person who imports, and holds nothing of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No known hash; perhaps a password in clear text.
    #[error(
        "this is no password hash that is known here, and a password in clear text is not taken; make a bcrypt hash \
         with `htpasswd -B`"
    )]
    Unknown,
    /// The mark of an account without a usable password, or a hash that the mark disables.
    #[error(
        "its account has no password, or is locked; leave the hash out, and set a password with `zonemint user password \
         NAME` if it is to have one"
    )]
    NoPassword,
    /// A hash that is too fast: its password can be guessed from it.
    #[error(
        "{0} hashes are too weak to be accepted; make a new one with `htpasswd -B`, which makes bcrypt, or leave it out and set \
         a password with `zonemint user password NAME`"
    )]
    Weak(&'static str),
    /// A hash that has no verifier here.
    #[error(
        "{0} hashes cannot be verified here; make a new one as argon2id, or as bcrypt with `htpasswd -B`, or leave it out and \
         set a password with `zonemint user password NAME`"
    )]
    Unverified(&'static str),
    /// A hash of a known kind, in another form than the kind's.
    #[error("a hash of {0} is written {form}", form = .0.form())]
    Form(Kind),
    /// A hash of a known program, in another form than the program's.
    #[error("a hash of {program} is written {form}")]
    ProgramForm {
        /// Whose hash it is.
        program: &'static str,
        /// How that is written.
        form: &'static str,
    },
    /// The salt is in another encoding, too short or too long.
    #[error(
        "the salt of the hash must be 8 to 64 bytes (of SHA-256 or SHA-512 crypt to 16), in the encoding of its form"
    )]
    Salt,
    /// The hash is in another encoding, too short or too long.
    #[error("the hash must be 16 to 64 bytes (of argon2 to 128), in the encoding of its form")]
    Hash,
    /// The hash has another length than its parameters say.
    #[error("the hash must have as many bytes as its parameters say")]
    Length,
    /// A parameter that makes the hash too weak to be taken, or too slow to be verified.
    #[error("the hash's {parameter} must be from {least} to {most}")]
    Cost {
        /// What is bounded, and its unit.
        parameter: &'static str,
        /// The least that is taken.
        least: u64,
        /// The most that is taken.
        most: u64,
    },
    /// No record of Onezone's.
    #[error("the hash must be 65 bytes: 32 of salt, a dot, and 32 of hash")]
    OnezoneRecord,
}

impl From<Refusal> for Unusable {
    /// Hashes are checked before they are stored, so a refusal at login is a damaged row.
    fn from(_: Refusal) -> Self {
        Self
    }
}
