//! What Werkzeug makes (`generate_password_hash`), as Flask's users keep it: a method with its parameters behind colons, the
//! salt as it is written, and the hash in hexadecimal, separated by dollar signs.

use crate::user::encoding::{decimal, fields};
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::{self, Function};
use crate::user::scrypt;
use zonemint_base::model::hex_bytes;

const FORM: Refusal = Refusal::ProgramForm {
    program: "Werkzeug",
    form: "scrypt:N:BLOCK:LANES$SALT$HASH or pbkdf2:sha256:ITERATIONS$SALT$HASH (or with sha1 or sha512), with the hash in \
           hexadecimal",
};

/// None for what Werkzeug does not write.
pub(super) fn kept_form(text: &str) -> Option<Result<String, Refusal>> {
    let (method, rest) = text.split_once(':')?;
    match method {
        "pbkdf2" => Some(pbkdf2_form(rest).unwrap_or(Err(FORM))),
        "scrypt" => Some(scrypt_form(rest).unwrap_or(Err(FORM))),
        _ => None,
    }
}

fn pbkdf2_form(rest: &str) -> Option<Result<String, Refusal>> {
    let [parameters, salt, hash] = fields(rest)?;
    let (function, iterations) = parameters.split_once(':')?;
    let (function, iterations) = (Function::named(function)?, decimal(iterations)?);
    Some(Ok(pbkdf2::text(function, iterations, salt.as_bytes(), &hex_bytes(hash)?)))
}

fn scrypt_form(rest: &str) -> Option<Result<String, Refusal>> {
    let [parameters, salt, hash] = fields(rest)?;
    let parameters: [&str; 3] = parameters.split(':').collect::<Vec<_>>().try_into().ok()?;
    Some(Ok(scrypt::text(parameters, salt.as_bytes(), &hex_bytes(hash)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::exported::read;
    use crate::user::exported::tests::is_taken;

    /// Werkzeug 3.1.3 made it.
    const PBKDF2: &str =
        "pbkdf2:sha256:1000$o3dqT6QaLPgWDWCd$6b14db26ee5ce510b4542cb1814aebb0bd379ec3d2819af861bd7a3a6e4439ae";

    #[test]
    fn each_method_of_werkzeug_is_taken() {
        for text in [
            PBKDF2,
            "pbkdf2:sha1:1000$j12fY7vz3O5X$8f533c5cf97943615a2266e23c351635e9a263c9",
            "pbkdf2:sha512:1000$ENFKnTQsQtGI$\
             66edaf890de579bc06fecbd8baef65c7bba032a4ba9d05b402bc3da659075e66\
             fe6a770098224fc56f1517d531ccc19b219c889c58e4d925caf47285e254b3d6",
            "scrypt:1024:8:2$saltsalt$\
             5bef5dceb343af2736f66f96cf24810c6decf28c6053ba990c6aceadf30def88\
             64243c7c8d53182f7a5e3b4fa43a950eb9d1c8e6159b661648392cde2d2eb1bb",
        ] {
            assert!(is_taken(text), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "pbkdf2:",
            "scrypt:",
            &PBKDF2.replace(":1000$", "$"),
            &PBKDF2.replace("sha256", "md5"),
            &PBKDF2.replace("1000", "+1000"),
            &PBKDF2.replace("$6b", "$6g"),
            &format!("{PBKDF2}$"),
            "scrypt:1024:8$saltsalt$a8add8fcd1a5674566ce44df86130c5b",
            "scrypt:1000:8:1$saltsalt$a8add8fcd1a5674566ce44df86130c5b",
        ] {
            assert_eq!(read(text).unwrap_err(), FORM, "{text}");
        }
        assert!(matches!(read(&PBKDF2.replace("1000", "5000001")), Err(Refusal::Cost { .. })));
        assert_eq!(read("plain:abc").unwrap_err(), Refusal::Unknown);
    }
}
