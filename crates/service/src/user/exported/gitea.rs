//! What Gitea and Forgejo keep of a user, in an object: `passwd_hash_algo`, `salt` and `passwd`, or `algo`, `salt_hex` and
//! `hash_hex` (`modules/auth/password/hash`).

use serde_json::{Map, Value};

use super::crypt::crypt_form;
use crate::user::encoding::decimal;
use crate::user::foreign_argon2;
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::{self, Function};
use crate::user::scrypt;
use zonemint_base::model::hex_bytes;

const FORM: Refusal = Refusal::ProgramForm {
    program: "Gitea",
    form: "{\"algo\": …, \"salt_hex\": …, \"hash_hex\": …} with texts, as in pbkdf2$320000$50, argon2$2$65536$8$50, \
           scrypt$65536$16$2$50 or bcrypt$10, and hexadecimal digits",
};

/// None for an object that is not Gitea's.
pub(super) fn kept_form(object: &Map<String, Value>) -> Option<Result<String, Refusal>> {
    let algorithm = object.get("passwd_hash_algo").or_else(|| object.get("algo"))?;
    Some(read(algorithm, object))
}

fn read(algorithm: &Value, object: &Map<String, Value>) -> Result<String, Refusal> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let algorithm = algorithm.as_str().ok_or(FORM)?;
    let hash = text("passwd").or_else(|| text("hash_hex")).ok_or(FORM)?;
    let (name, parameters) = match algorithm.split_once('$') {
        Some((name, parameters)) => (name, Some(parameters)),
        None => (algorithm, None),
    };
    if name == "bcrypt" {
        return crypt_form(hash);
    }
    let salt = match text("salt") {
        // Older ones are ten bytes, as they are.
        Some(salt) if salt.len() == 10 => salt.as_bytes().to_vec(),
        salt => hex_bytes(salt.or_else(|| text("salt_hex")).ok_or(FORM)?).ok_or(Refusal::Salt)?,
    };
    let hash = hex_bytes(hash).ok_or(Refusal::Hash)?;
    // What was made before parameters were kept has these.
    let (length, stored) = match name {
        "pbkdf2" | "" => {
            let [iterations, length] = numbers(parameters.unwrap_or("10000$50"))?;
            (length, pbkdf2::text(Function::Sha256, iterations, &salt, &hash))
        }
        "argon2" => {
            let [passes, memory, lanes, length] = numbers(parameters.unwrap_or("2$65536$8$50"))?;
            (length, foreign_argon2::text("argon2id", 19, [memory, passes, lanes], &salt, &hash))
        }
        "scrypt" => {
            let [cost, block, lanes, length] = numbers(parameters.unwrap_or("65536$16$2$50"))?;
            let costs = [cost, block, lanes].map(|number| number.to_string());
            (length, scrypt::text(costs.each_ref().map(String::as_str), &salt, &hash).ok_or(FORM)?)
        }
        _ => return Err(FORM),
    };
    if usize::try_from(length) == Ok(hash.len()) { Ok(stored) } else { Err(Refusal::Length) }
}

fn numbers<const N: usize>(parameters: &str) -> Result<[u32; N], Refusal> {
    let numbers: Option<Vec<_>> = parameters.split('$').map(decimal).collect();
    numbers.and_then(|numbers| numbers.try_into().ok()).ok_or(FORM)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::user::argon2id::Comparison;
    use crate::user::exported::read_object;
    use crate::user::exported::tests::is_kept;
    use crate::user::foreign_hash::compare_one as compare;

    const SALT: &str = "000102030405060708090a0b0c0d0e0f";
    const PBKDF2: &str =
        "c390ec4cc73c51f7fbfc7e957ce39873aeee23eb431976042d536593939d084053b7c30c9faa29a87df209e84f3ffd6ca43e";

    fn object(value: &Value) -> Result<zonemint_base::model::PasswordHash, Refusal> {
        read_object(value.as_object().unwrap()).unwrap()
    }

    #[test]
    fn each_algorithm_is_taken_in_both_spellings_of_the_columns() {
        // Python's hashlib, argon2-cffi 25.1 and bcrypt 4.0.1 made them by Gitea's rules.
        let argon2 =
            "a1c7b56108158d17cc5e0857b25690a6f55930617fd1198f9eefcadb2bfd15be2f512129f7ac8ad1c2a0ed6f4a695ca37ed7";
        let scrypt =
            "c24efd12db42eb5f26eb5ee88ab4a12d9bb12645dc5faad71ebad2f6b410ff8e3f3f2cd6784dca59b01095d58889062f2827";
        let bcrypt = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        for value in [
            json!({"algo": "argon2$2$1024$8$50", "salt_hex": SALT, "hash_hex": argon2}),
            json!({"algo": "scrypt$1024$8$2$50", "salt_hex": SALT, "hash_hex": scrypt}),
            json!({"passwd_hash_algo": "scrypt$1024$8$2$50", "salt": SALT, "passwd": scrypt, "id": 7}),
            json!({"passwd_hash_algo": "pbkdf2$10000$50", "salt": "aaaaaaaaaa", "passwd": PBKDF2}),
            json!({"passwd_hash_algo": "pbkdf2", "salt": "aaaaaaaaaa", "passwd": PBKDF2}),
            json!({"passwd_hash_algo": "", "salt": "aaaaaaaaaa", "passwd": PBKDF2}),
            json!({"passwd_hash_algo": "bcrypt$10", "salt": "aaaaaaaaaa", "passwd": bcrypt}),
            json!({"algo": "bcrypt", "hash_hex": bcrypt}),
        ] {
            assert!(is_kept(&object(&value).unwrap()), "{value}");
        }
    }

    #[test]
    fn giteas_own_vectors_match() {
        // modules/auth/password/hash/hash_test.go, "abcdef" with a salt of ten letters.
        for (algorithm, hash) in [
            (
                "pbkdf2",
                "ab48d5471b7e6ed42d10001db88c852ff7303c788e49da5c3c7b63d5adf96360303724b74b679223a3dea8a242d10abb1913",
            ),
            (
                "argon2",
                "551f089f570f989975b6f7c6a8ff3cf89bc486dd7bbe87ed4d80ad4362f8ee599ec8dda78dac196301b98456402bcda775dc",
            ),
            (
                "scrypt",
                "3b571d0c07c62d42b7bad3dbf18fb0cd67d4d8cd4ad4c6928e1090e5b2a4a84437c6fd2627d897c0e7e65025ca62b67a0002",
            ),
        ] {
            let value = json!({"passwd_hash_algo": algorithm, "salt": "aaaaaaaaaa", "passwd": hash});
            assert_eq!(compare(b"abcdef", object(&value).unwrap().expose()), Ok(Comparison::Match), "{algorithm}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for value in [
            json!({"algo": 7, "salt_hex": SALT, "hash_hex": PBKDF2}),
            json!({"algo": "md5", "salt_hex": SALT, "hash_hex": PBKDF2}),
            json!({"algo": "pbkdf2$10000", "salt_hex": SALT, "hash_hex": PBKDF2}),
            json!({"algo": "pbkdf2$1e4$50", "salt_hex": SALT, "hash_hex": PBKDF2}),
            json!({"algo": "scrypt$1000$8$2$50", "salt_hex": SALT, "hash_hex": PBKDF2}),
            json!({"algo": "pbkdf2$10000$50", "hash_hex": PBKDF2}),
            json!({"algo": "pbkdf2$10000$50", "salt_hex": SALT}),
        ] {
            assert_eq!(object(&value).unwrap_err(), FORM, "{value}");
        }
        let with = |algo: &str, salt: &str, hash: &str| {
            object(&json!({"algo": algo, "salt_hex": salt, "hash_hex": hash})).unwrap_err()
        };
        assert_eq!(with("pbkdf2$10000$49", SALT, PBKDF2), Refusal::Length);
        assert_eq!(with("pbkdf2$10000$50", "0g", PBKDF2), Refusal::Salt);
        assert_eq!(with("pbkdf2$10000$50", "01020304", PBKDF2), Refusal::Salt);
        assert_eq!(with("pbkdf2$10000$50", SALT, "0g"), Refusal::Hash);
        assert!(matches!(with("argon2$2$4194304$8$50", SALT, PBKDF2), Refusal::Cost { .. }));
        assert_eq!(with("bcrypt$10", SALT, "password"), Refusal::Unknown);
        assert_eq!(read_object(json!({"salt": "x"}).as_object().unwrap()), None);
    }
}
