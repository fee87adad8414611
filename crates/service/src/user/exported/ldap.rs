//! Values of `userPassword` (RFC 2307 section 5.3) as `OpenLDAP`'s modules and passlib write them, and Dovecot's: a scheme
//! in braces, and a hash.

use super::crypt::crypt_form;
use super::refused;
use crate::user::encoding::{decimal, fields};
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::{self, Function};
use zonemint_base::model::hex_bytes;

/// Makes a hash of what follows the braces. Schemes are written in either case.
pub(super) fn kept_form(scheme: &str, rest: &str) -> Result<String, Refusal> {
    let scheme = scheme.to_ascii_uppercase();
    match scheme.as_str() {
        "CRYPT" | "BLF-CRYPT" | "BCRYPT" | "SHA256-CRYPT" | "SHA512-CRYPT" | "ARGON2" | "ARGON2I" | "ARGON2ID"
            if rest.starts_with('$') =>
        {
            crypt_form(rest)
        }
        "CRYPT" if refused::is_des_crypt(rest) => Err(Refusal::Weak("crypt (DES)")),
        "PBKDF2" if rest.starts_with("$1$") => dovecot(rest),
        "PBKDF2" | "PBKDF2-SHA1" => Ok(format!("$pbkdf2-sha1${rest}")),
        "PBKDF2-SHA256" => Ok(format!("$pbkdf2-sha256${rest}")),
        "PBKDF2-SHA512" => Ok(format!("$pbkdf2-sha512${rest}")),
        _ => Err(refused::by_scheme(&scheme).unwrap_or(Refusal::Unknown)),
    }
}

/// Dovecot's own `$1$SALT$ROUNDS$HASH`: PBKDF2 of SHA-1 with 20 bytes in hexadecimal, and the salt as it is written
/// (password-scheme-pbkdf2.c).
fn dovecot(rest: &str) -> Result<String, Refusal> {
    const FORM: Refusal =
        Refusal::ProgramForm { program: "Dovecot's {PBKDF2}", form: "$1$SALT$ROUNDS$HASH, with 40 hexadecimal digits" };
    let ["", "1", salt, rounds, hash] = fields(rest).ok_or(FORM)? else { return Err(FORM) };
    let hash = hex_bytes(hash).filter(|hash| hash.len() == 20).ok_or(FORM)?;
    Ok(pbkdf2::text(Function::Sha1, decimal(rounds).ok_or(FORM)?, salt.as_bytes(), &hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::exported::read;
    use crate::user::exported::tests::is_taken;

    #[test]
    fn hashes_of_openldap_and_dovecot_are_taken() {
        // bcrypt 4.0.1, libxcrypt 4.4, argon2-cffi 25.1 and passlib 1.7.4 made them; the last Python's hashlib.
        for text in [
            "{CRYPT}$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            "{crypt}$5$saltsalt$3hGFMknrJ4ZpFPe7XZe397oIMEp7sbvqrcsX/ONJ3i.",
            "{CRYPT}$y$j75$abcdefghijklmnopqrstu/$.4MO03URtYygYbYn/qNqr4pAzU26x1vl1BZw37piHBB",
            "{CRYPT}$6$rounds=1000$abcdefgh$\
             V1i91irXvCwipBkwg/tvKYGddukiPVV0cuPd4itxwEFvW3tA2RdEmXC2Txbju/ImQ58srS/EByy9MezE4zz/j1",
            "{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            "{SHA256-CRYPT}$5$saltsalt$3hGFMknrJ4ZpFPe7XZe397oIMEp7sbvqrcsX/ONJ3i.",
            "{ARGON2}$argon2i$v=19$m=1024,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$ir+E2NV7WMfUms6RE4xtxkrWtk8NDSJvruQaY/wgIW4",
            "{ARGON2ID}$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg",
            "{PBKDF2}1000$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/.YAZ3ZwSogYgNu9fO1g",
            "{PBKDF2-SHA1}1000$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/.YAZ3ZwSogYgNu9fO1g",
            "{PBKDF2}$1$abcdefghijklmnop$5000$bc0ef30aef635c34f671472e5ea8a337932532f5",
        ] {
            assert!(is_taken(text), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "{PBKDF2}$1$abcdefghijklmnop$5000$bc0ef30aef635c34f671472e5ea8a337932532",
            "{PBKDF2}$1$abcdefghijklmnop$05000$bc0ef30aef635c34f671472e5ea8a337932532f5",
            "{PBKDF2}$1$abcdefghijklmnop$bc0ef30aef635c34f671472e5ea8a337932532f5",
            "{PBKDF2}$1$a$b$5000$bc0ef30aef635c34f671472e5ea8a337932532f5",
        ] {
            assert!(matches!(read(text), Err(Refusal::ProgramForm { .. })), "{text}");
        }
        assert_eq!(read("{PBKDF2}$1$abc$5000$bc0ef30aef635c34f671472e5ea8a337932532f5").unwrap_err(), Refusal::Salt);
        assert!(matches!(read("{PBKDF2-SHA256}"), Err(Refusal::Form(_))));
        assert!(matches!(read("{PBKDF2-SHA512}x$y$z"), Err(Refusal::Salt | Refusal::Form(_))));
        for text in ["{ARGON2}x", "{CRYPT}", "{CRYPT}x", "{BLF-CRYPT}"] {
            assert_eq!(read(text).unwrap_err(), Refusal::Unknown, "{text}");
        }
    }
}
