//! What Keycloak exports of a credential: an object with `credentialData` and `secretData`, each an object or its text
//! (`PasswordCredentialData`, `PasswordSecretData`).

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::user::encoding::{BASE64, decimal};
use crate::user::foreign_argon2;
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::{self, Function};

const FORM: Refusal = Refusal::ProgramForm {
    program: "Keycloak",
    form: "{\"credentialData\": …, \"secretData\": …}, the first with hashIterations, the algorithm pbkdf2, pbkdf2-sha256, \
           pbkdf2-sha512 or argon2 and additionalParameters, the second with value and salt in base64",
};

/// None for an object that is not Keycloak's.
pub(super) fn kept_form(object: &Map<String, Value>) -> Option<Result<String, Refusal>> {
    let (data, secret) = (object.get("credentialData")?, object.get("secretData")?);
    Some(read(data, secret))
}

fn read(data: &Value, secret: &Value) -> Result<String, Refusal> {
    let (data, secret) = (inner(data)?, inner(secret)?);
    let text = |key: &str| secret.get(key).and_then(Value::as_str).ok_or(FORM);
    let salt = BASE64.decode(text("salt")?).map_err(|_| Refusal::Salt)?;
    let hash = BASE64.decode(text("value")?).map_err(|_| Refusal::Hash)?;
    let iterations = data.get("hashIterations").and_then(Value::as_u64).ok_or(FORM)?;
    // What is beyond u32 is beyond every bound.
    let iterations = u32::try_from(iterations).unwrap_or(u32::MAX);
    let function = match data.get("algorithm").and_then(Value::as_str).ok_or(FORM)? {
        "pbkdf2" => Function::Sha1,
        "pbkdf2-sha256" => Function::Sha256,
        "pbkdf2-sha512" => Function::Sha512,
        "argon2" => return argon2(&data, iterations, &salt, &hash),
        _ => return Err(FORM),
    };
    Ok(pbkdf2::text(function, iterations, &salt, &hash))
}

fn argon2(data: &Map<String, Value>, passes: u32, salt: &[u8], hash: &[u8]) -> Result<String, Refusal> {
    let parameter = |key: &str| {
        let values = data.get("additionalParameters").and_then(|parameters| parameters.get(key)).ok_or(FORM)?;
        match values.as_array().map_or(values, |values| values.first().unwrap_or(&Value::Null)) {
            Value::String(text) => Ok(text.as_str()),
            _ => Err(FORM),
        }
    };
    let number = |key: &str| parameter(key).and_then(|text| decimal(text).ok_or(FORM));
    let name = match parameter("type")? {
        "id" => "argon2id",
        "i" => "argon2i",
        "d" => "argon2d",
        _ => return Err(FORM),
    };
    let version = match parameter("version")? {
        "1.3" => 19,
        "1.0" => 16,
        _ => return Err(FORM),
    };
    if usize::try_from(number("hashLength")?) != Ok(hash.len()) {
        return Err(Refusal::Length);
    }
    Ok(foreign_argon2::text(name, version, [number("memory")?, passes, number("parallelism")?], salt, hash))
}

/// An object that Keycloak exports as text.
fn inner(value: &Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(object) => Ok(object.clone()),
        Value::String(text) => serde_json::from_str(text).map_err(|_| FORM),
        _ => Err(FORM),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::user::exported::read_object;
    use crate::user::exported::tests::is_kept;
    use zonemint_base::model::PasswordHash;

    const SALT: &str = "AAECAwQFBgcICQoLDA0ODw==";
    const SHA1: &str = "AOm/kOb/+YAZ3ZwSogYgNu9fO1g98616UUT2x3Jzcezc674WB6rf1PmFu7KUTJ/kBMpXzOJ47gHQ2i8osqaCHQ==";
    const SHA256: &str = "ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ7TX23G+6QgERwdCrtdq7/IU5aB6IVSOpTz6igHBLZ5Gw==";

    fn object(data: &Value, secret: &Value) -> Result<PasswordHash, Refusal> {
        let value = json!({"type": "password", "credentialData": data, "secretData": secret});
        read_object(value.as_object().unwrap()).unwrap()
    }

    fn pbkdf2(algorithm: &str, iterations: u64, value: &str) -> Result<PasswordHash, Refusal> {
        let data = json!({"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": {}});
        let secret = json!({"value": value, "salt": SALT, "additionalParameters": {}});
        assert_eq!(object(&data, &secret), object(&data.to_string().into(), &secret.to_string().into()));
        object(&data, &secret)
    }

    fn argon2(
        kind: &str,
        version: &str,
        [passes, memory, length]: [u32; 3],
        value: &str,
    ) -> Result<PasswordHash, Refusal> {
        let parameters = json!({
            "hashLength": [length.to_string()], "memory": [memory.to_string()], "type": [kind], "version": [version],
            "parallelism": ["1"],
        });
        let data = json!({"hashIterations": passes, "algorithm": "argon2", "additionalParameters": parameters});
        object(&data.to_string().into(), &json!({"value": value, "salt": SALT}).to_string().into())
    }

    #[test]
    fn each_algorithm_is_taken() {
        // Python's hashlib and argon2-cffi 25.1 made them with Keycloak's parameters.
        for stored in [
            pbkdf2("pbkdf2", 1_000, SHA1),
            pbkdf2("pbkdf2-sha256", 1_000, SHA256),
            argon2("id", "1.3", [5, 7_168, 32], "8cZyfmGLYgTYc8avb2ZXWqFShr92bklhQdS/tplOl9k="),
            argon2("d", "1.0", [2, 1_024, 32], "rf2fnuGAKcVaJFyon07gFyCxnNkn17771+q6zp+IUj0="),
        ] {
            assert!(is_kept(&stored.unwrap()));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        assert_eq!(pbkdf2("bcrypt", 10, SHA1), Err(FORM));
        assert_eq!(pbkdf2("pbkdf2-sha256", 1_000, "!"), Err(Refusal::Hash));
        assert!(matches!(pbkdf2("pbkdf2-sha256", 2_500_001, SHA256), Err(Refusal::Cost { .. })));
        assert!(matches!(pbkdf2("pbkdf2-sha256", u64::MAX, SHA256), Err(Refusal::Cost { .. })));
        let value = "8cZyfmGLYgTYc8avb2ZXWqFShr92bklhQdS/tplOl9k=";
        assert_eq!(argon2("x", "1.3", [5, 7_168, 32], value), Err(FORM));
        assert_eq!(argon2("id", "1.2", [5, 7_168, 32], value), Err(FORM));
        assert_eq!(argon2("id", "1.3", [5, 7_168, 16], value), Err(Refusal::Length));
        assert!(matches!(argon2("id", "1.3", [5, 2_097_152, 32], value), Err(Refusal::Cost { .. })));
        let secret = json!({"value": SHA1, "salt": SALT});
        let data = json!({"hashIterations": 1_000, "algorithm": "pbkdf2"});
        assert!(object(&data, &secret).is_ok());
        for (data, secret) in [
            (json!("{"), secret.clone()),
            (json!("[]"), secret.clone()),
            (json!(7), secret.clone()),
            (json!({"algorithm": "pbkdf2"}), secret.clone()),
            (json!({"hashIterations": "1000", "algorithm": "pbkdf2"}), secret.clone()),
            (json!({"hashIterations": 1_000}), secret.clone()),
            (json!({"hashIterations": 5, "algorithm": "argon2"}), secret.clone()),
            (json!({"hashIterations": 5, "algorithm": "argon2", "additionalParameters": {"type": []}}), secret.clone()),
            (data.clone(), json!({"value": SHA1})),
            (data.clone(), json!({"salt": SALT})),
        ] {
            assert_eq!(object(&data, &secret), Err(FORM), "{data} {secret}");
        }
        assert_eq!(object(&data, &json!({"value": SHA1, "salt": "!"})), Err(Refusal::Salt));
    }
}
