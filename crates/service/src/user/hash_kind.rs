//! The kinds of password hashes that can be verified, and how each is written in the store.

use std::fmt;

/// A kind of hash that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// RFC 9106, version 19; the kind that new hashes have.
    Argon2id,
    /// argon2id, argon2i and argon2d of other programs, in versions 19 and 16.
    Argon2,
    /// `$2a$`, `$2b$` and `$2y$`: they differ in known bugs only.
    Bcrypt,
    /// bcrypt of SHA-256 of the password, as Django or passlib makes it.
    BcryptSha256,
    /// PBKDF2-HMAC-SHA1 (RFC 8018), as a PHC string or as passlib writes it.
    Pbkdf2Sha1,
    /// PBKDF2-HMAC-SHA256, in the same forms.
    Pbkdf2Sha256,
    /// PBKDF2-HMAC-SHA512, in the same forms.
    Pbkdf2Sha512,
    /// PBKDF2-HMAC-SHA512 as Onezone keeps it, in a PHC string whose name is ours.
    OnezonePbkdf2,
    /// RFC 7914.
    Scrypt,
    /// crypt(3)'s `$5$`.
    Sha256Crypt,
    /// crypt(3)'s `$6$`.
    Sha512Crypt,
    /// crypt(3)'s `$y$`.
    Yescrypt,
}

/// How each kind begins in the store.
pub(super) const PREFIXES: [(&str, Kind); 15] = [
    ("$argon2id$", Kind::Argon2id),
    (ARGON2, Kind::Argon2),
    ("$2a$", Kind::Bcrypt),
    ("$2b$", Kind::Bcrypt),
    ("$2y$", Kind::Bcrypt),
    ("bcrypt_sha256$", Kind::BcryptSha256),
    ("$bcrypt-sha256$", Kind::BcryptSha256),
    ("$pbkdf2-sha1$", Kind::Pbkdf2Sha1),
    ("$pbkdf2-sha256$", Kind::Pbkdf2Sha256),
    ("$pbkdf2-sha512$", Kind::Pbkdf2Sha512),
    (ONEZONE, Kind::OnezonePbkdf2),
    ("$scrypt$", Kind::Scrypt),
    ("$5$", Kind::Sha256Crypt),
    ("$6$", Kind::Sha512Crypt),
    ("$y$", Kind::Yescrypt),
];

/// How another program's argon2 hash begins in the store; `OpenLDAP` writes it so. The mark tells it from ours: its password may not
/// have been in NFC.
pub(super) const ARGON2: &str = "{ARGON2}";
/// How Onezone's hash begins in the store. No other program writes this name.
pub(super) const ONEZONE: &str = "$onezone-pbkdf2-sha512$";

impl Kind {
    /// Its name, and how a hash of the kind is written.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Argon2id => ("argon2id", "$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH"),
            Self::Argon2 => (
                "argon2",
                "$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH, or so with argon2i or argon2d, or with v=16 or no version",
            ),
            Self::Bcrypt => ("bcrypt", "$2b$COST$ and 53 characters of salt and hash; COST has two digits"),
            Self::BcryptSha256 => (
                "bcrypt of SHA-256",
                "bcrypt_sha256$$2b$COST$… (Django) or $bcrypt-sha256$v=2,t=2b,r=COST$SALT$HASH (passlib)",
            ),
            Self::Pbkdf2Sha1 => {
                ("PBKDF2-SHA1", "$pbkdf2-sha1$i=ITERATIONS,l=BYTES$SALT$HASH or $pbkdf2$ITERATIONS$SALT$HASH")
            }
            Self::Pbkdf2Sha256 => (
                "PBKDF2-SHA256",
                "$pbkdf2-sha256$i=ITERATIONS,l=BYTES$SALT$HASH or $pbkdf2-sha256$ITERATIONS$SALT$HASH",
            ),
            Self::Pbkdf2Sha512 => (
                "PBKDF2-SHA512",
                "$pbkdf2-sha512$i=ITERATIONS,l=BYTES$SALT$HASH or $pbkdf2-sha512$ITERATIONS$SALT$HASH",
            ),
            Self::OnezonePbkdf2 => ("Onezone's PBKDF2", "$onezone-pbkdf2-sha512$i=ITERATIONS$SALT$HASH"),
            Self::Scrypt => ("scrypt", "$scrypt$ln=LOG2N,r=BLOCK,p=LANES$SALT$HASH"),
            Self::Sha256Crypt => {
                ("SHA-256 crypt", "$5$SALT$HASH or $5$rounds=ROUNDS$SALT$HASH, with 43 characters of hash")
            }
            Self::Sha512Crypt => {
                ("SHA-512 crypt", "$6$SALT$HASH or $6$rounds=ROUNDS$SALT$HASH, with 86 characters of hash")
            }
            Self::Yescrypt => (
                "yescrypt",
                "$y$, three characters of cost as crypt(3) makes them (costs 1 to 11), $SALT$HASH, with 43 characters of hash",
            ),
        }
    }

    /// How a hash of the kind is written.
    pub(super) fn form(self) -> &'static str {
        self.texts().1
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().0)
    }
}
