//! What Django keeps: an algorithm and its parts, separated by dollar signs (`django/contrib/auth/hashers.py`).

use base64::Engine as _;

use super::crypt::crypt_form;
use crate::user::encoding::{BASE64, decimal, fields};
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::{self, Function};
use crate::user::scrypt;

/// None for what Django does not write, and for what it writes and is refused by its name.
pub(super) fn kept_form(text: &str) -> Option<Result<String, Refusal>> {
    let (algorithm, rest) = text.split_once('$')?;
    match algorithm {
        "argon2" => Some(phc(rest)),
        "bcrypt" if rest.starts_with("$2") => Some(crypt_form(rest)),
        "bcrypt_sha256" => Some(Ok(text.to_owned())),
        "pbkdf2_sha256" => Some(pbkdf2_form(Function::Sha256, rest)),
        "pbkdf2_sha1" => Some(pbkdf2_form(Function::Sha1, rest)),
        "scrypt" => Some(scrypt_form(rest)),
        _ => None,
    }
}

fn phc(rest: &str) -> Result<String, Refusal> {
    crypt_form(&format!("${rest}"))
}

fn pbkdf2_form(function: Function, rest: &str) -> Result<String, Refusal> {
    const FORM: Refusal = form("pbkdf2_sha256$ITERATIONS$SALT$HASH, with the hash in base64");
    let [iterations, salt, hash] = fields(rest).ok_or(FORM)?;
    let hash = BASE64.decode(hash).map_err(|_| Refusal::Hash)?;
    Ok(pbkdf2::text(function, decimal(iterations).ok_or(FORM)?, salt.as_bytes(), &hash))
}

fn scrypt_form(rest: &str) -> Result<String, Refusal> {
    const FORM: Refusal = form("scrypt$N$SALT$BLOCK$LANES$HASH, with the hash in base64");
    let [cost, salt, block, lanes, hash] = fields(rest).ok_or(FORM)?;
    let hash = BASE64.decode(hash).map_err(|_| Refusal::Hash)?;
    scrypt::text([cost, block, lanes], salt.as_bytes(), &hash).ok_or(FORM)
}

const fn form(form: &'static str) -> Refusal {
    Refusal::ProgramForm { program: "Django", form }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::exported::read;
    use crate::user::exported::tests::is_taken;

    #[test]
    fn each_hasher_of_django_is_taken() {
        // Django 5.2 made them.
        for text in [
            "argon2$argon2id$v=19$m=1024,t=1,p=2$c2FsdHNhbHRzYWx0$hH8Ev5B8uFmbwqTzE/5VseRUdl8/N8M+bY4Co5V8sUY",
            "bcrypt$$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK",
            "pbkdf2_sha256$1000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQI6NXnZxupxhxtm+aXnClyg=",
            "pbkdf2_sha1$1000$saltsaltsalt$MNEV9u2pN6dwoHiByKLtK5AJwGc=",
            "scrypt$1024$saltsalt$8$2$\
             W+9dzrNDryc29m+WzySBDG3s8oxgU7qZDGrOrfMN74hkJDx8jVMYL3peO0+kOpUOudHI5hWbZhZIOSzeLS6xuw==",
        ] {
            assert!(is_taken(text), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let good = "scrypt$1024$saltsalt$8$2$W+9dzrNDryc29m+WzySBDA==";
        assert!(read(good).is_ok());
        for text in [
            "pbkdf2_sha256$1000$saltsaltsalt",
            "pbkdf2_sha256$01000$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQA==",
            &good.replace("1024", "1023"),
            &good.replace("1024", "0"),
            &good.replace("$8$", "$-8$"),
            &format!("{good}$"),
        ] {
            let told = read(text).unwrap_err().to_string();
            assert!(told.starts_with("a hash of Django is written "), "{told}");
        }
        assert!(matches!(read(&good.replace("1024", "16777216")), Err(Refusal::Cost { .. })));
        assert!(matches!(read("pbkdf2_sha256$999$saltsaltsalt$KQDle8SXZRa7sBUZQfkYQA=="), Err(Refusal::Cost { .. })));
        assert_eq!(read(&good.replace("W+9d", "W-9d")).unwrap_err(), Refusal::Hash);
        assert_eq!(read(&good.replace("saltsalt", "salt")).unwrap_err(), Refusal::Salt);
        assert_eq!(read("argon2$argon3$v=19").unwrap_err(), Refusal::Unknown);
        assert_eq!(read("bcrypt$x").unwrap_err(), Refusal::Unknown);
        assert!(matches!(read("argon2$argon2id$v=19"), Err(Refusal::Form(_))));
    }
}
