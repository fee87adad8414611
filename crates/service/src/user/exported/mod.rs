//! Password hashes as other programs export them, made into the forms in which we keep them.
//!
//! Knows how each program writes a hash down, and nothing of how it is verified: what is made here is given to
//! [`check`], which bounds what a login with it costs.
//!
//! Where the next thing goes: another program is a file next to `django.rs` and a line of [`kept_form`], or of
//! [`read_object`] when it exports several columns; a kind that is refused by its name is a row of `refused.rs`.

mod crypt;
mod django;
mod gitea;
mod keycloak;
mod ldap;
mod refused;
mod werkzeug;

use serde_json::{Map, Value};

use self::crypt::crypt_form;
use super::foreign_hash::check;
use super::hash_refusal::Refusal;
use zonemint_base::model::PasswordHash;

/// Takes a hash that can be verified here.
///
/// # Errors
/// [`Refusal`] names the fault, and how to correct it where that is not obvious.
pub(super) fn read(text: &str) -> Result<PasswordHash, Refusal> {
    keep(kept_form(text)?)
}

/// Whether a refused text may be no hash at all but a user name, where somebody mixed up the columns.
pub(super) fn may_be_a_name(refusal: Refusal) -> bool {
    refusal == Refusal::Unknown || refusal == refused::DES_CRYPT
}

/// Whether a text may be a hash that has no mark: hexadecimal digits of a digest, or crypt (DES).
pub(super) fn may_be_a_bare_hash(text: &str) -> bool {
    refused::by_name(text).is_some()
}

/// Takes a hash whose parts are in several columns. None for an object of no program that is known.
pub(super) fn read_object(object: &Map<String, Value>) -> Option<Result<PasswordHash, Refusal>> {
    let read = keycloak::kept_form(object).or_else(|| gitea::kept_form(object))?;
    Some(read.and_then(keep))
}

fn keep(stored: String) -> Result<PasswordHash, Refusal> {
    check(&stored)?;
    Ok(PasswordHash::new(stored))
}

fn kept_form(text: &str) -> Result<String, Refusal> {
    if let Some((scheme, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return ldap::kept_form(scheme, rest);
    }
    if text.starts_with('$') {
        return crypt_form(text);
    }
    if text.starts_with(['!', '*']) {
        return Err(Refusal::NoPassword);
    }
    django::kept_form(text)
        .or_else(|| werkzeug::kept_form(text))
        .unwrap_or_else(|| Err(refused::by_name(text).unwrap_or(Refusal::Unknown)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};
    use serde_json::json;

    use super::*;
    use crate::user::argon2id::Comparison;
    use crate::user::foreign_hash::compare_one as compare;

    const PREFIXES: [&str; 14] = [
        "", "$", "{", "{CRYPT}$", "{ARGON2}$argon2", "{PBKDF2}", "{PBKDF2}$1$", "argon2$", "bcrypt_sha256$$2b$",
        "pbkdf2_sha1$", "scrypt$", "scrypt:", "pbkdf2:sha256:", "$argon2d$v=16$",
    ];

    pub(super) const PASSWORD: &str = "correct horse battery staple";

    /// Takes a hash, and says whether it is of [`PASSWORD`] and of no other.
    pub(super) fn is_taken(text: &str) -> bool {
        is_kept(&read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}")))
    }

    pub(super) fn is_kept(stored: &PasswordHash) -> bool {
        compare(PASSWORD.as_bytes(), stored.expose()) == Ok(Comparison::Match)
            && compare(b"another password", stored.expose()) == Ok(Comparison::Mismatch)
    }

    #[test]
    fn what_is_kept_as_it_is_exported_stays() {
        // bcrypt 4.0.1, passlib 1.7.4 and libxcrypt 4.4 made them.
        for text in [
            "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            "$bcrypt-sha256$v=2,t=2b,r=4$abcdefghijklmnopqrstuu$h8GCYhBqatMGV8VIjRD4nhRxM87r3yu",
            "$5$saltsalt$3hGFMknrJ4ZpFPe7XZe397oIMEp7sbvqrcsX/ONJ3i.",
            "$y$j75$abcdefghijklmnopqrstu/$.4MO03URtYygYbYn/qNqr4pAzU26x1vl1BZw37piHBB",
        ] {
            assert_eq!(read(text).unwrap().expose(), text);
            assert!(is_taken(text), "{text}");
        }
    }

    #[test]
    fn argon2_is_marked_as_another_programs() {
        // argon2-cffi 25.1.
        let text = "$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";
        assert_eq!(read(text).unwrap().expose(), format!("{{ARGON2}}{text}"));
        assert!(is_taken(text));
    }

    #[test]
    fn passlibs_pbkdf2_of_sha1_has_no_function_in_its_name() {
        // passlib 1.7.4.
        assert!(is_taken("$pbkdf2$2000$AAECAwQFBgcICQoLDA0ODw$UXbxRh7bux42T9U12XPCHYvvoCw"));
    }

    #[test]
    fn gitlabs_hashes_are_bcrypt_and_passlibs() {
        // From the tests of GitLab's devise-pbkdf2-encryptable, of "password".
        let text = "$pbkdf2-sha512$20000$boHGAw0hEyI$\
                    DBA67J7zNZebyzLtLk2X9wRDbmj1LNKVGnZLYyz6PGrIDGIl45fl/BPH0y1TPZnV90A20i.fD9C3G9Bp8jzzOA";
        assert_eq!(compare(b"password", read(text).unwrap().expose()), Ok(Comparison::Match));
    }

    #[test]
    fn an_account_without_a_password_is_told_so() {
        for text in ["!", "!!", "*", "!xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "!$6$saltsalt$hash"] {
            assert_eq!(read(text).unwrap_err(), Refusal::NoPassword, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_or_is_told_again(
            prefix in 0..PREFIXES.len(),
            rest in "[$a-z0-9=,./+:}\u{e9}-]{0,80}",
            any in any::<String>(),
        ) {
            for text in [format!("{}{rest}", PREFIXES[prefix]), any] {
                if let Err(refusal) = read(&text) {
                    prop_assert!(rest.len() < 20 || !refusal.to_string().contains(&rest));
                }
                for object in [
                    json!({"algo": text, "salt": rest, "passwd": text}),
                    json!({"credentialData": text, "secretData": rest}),
                ] {
                    prop_assert!(read_object(object.as_object().unwrap()).unwrap().is_err());
                }
            }
        }
    }
}
