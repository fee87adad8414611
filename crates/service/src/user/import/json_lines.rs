//! One JSON object a line, with the keys that the API uses and the password's hash in its own text form.

use serde_json::Value;

use super::object::Keys;
use super::parsed::ImportError;
use crate::import::Object;
use crate::user::exported;
use zonemint_base::model::PasswordHash;

pub(super) const KEYS: Keys = Keys {
    id: &["userId"],
    name: &["username"],
    full_name: &["fullName"],
    blocked: &["blocked"],
    created: &["creationTime"],
    password,
};

/// Reads a hash: a text, or an object where a program keeps it in several columns.
fn password(object: &Object) -> Result<Option<PasswordHash>, ImportError> {
    const EXPECTED: &str = "a string, or an object with Gitea's algo, salt_hex and hash_hex or Keycloak's credentialData \
                            and secretData";
    let read = object.first(&["passwordHash"], EXPECTED, |value| match value {
        Value::String(text) => Some(exported::read(text)),
        Value::Object(object) => exported::read_object(object),
        _ => None,
    })?;
    Ok(read.transpose()?)
}

#[cfg(test)]
mod tests {
    use crate::user::import::Format;
    use crate::user::import::tests::{only, told};

    #[test]
    fn a_full_object_is_a_user() {
        let user = only(
            Format::JsonLines,
            r#"{"userId":"0123456789abcdef0123456789abcdef","username":"alice","fullName":"Alice Łoś","emails":["a@b.c"],
            "passwordHash":"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW","blocked":true,
            "creationTime":1577836800}"#
                .replace('\n', " ")
                .as_str(),
        );
        assert_eq!(user.id.unwrap().to_string(), "0123456789abcdef0123456789abcdef");
        assert_eq!((user.name.as_str(), user.full_name.as_str()), ("alice", "Alice Łoś"));
        assert!(user.password.unwrap().expose().starts_with("$2y$05$"));
        assert_eq!((user.blocked, user.created_ms), (true, Some(1_577_836_800_000)));
    }

    #[test]
    fn a_name_is_enough_and_null_is_nothing() {
        let user = only(
            Format::JsonLines,
            "{\"username\":\"a_b\",\"fullName\":null,\"passwordHash\":null,\"blocked\":null,\"userId\":null}",
        );
        assert_eq!((user.full_name.as_str(), user.password, user.blocked, user.id), ("a b", None, false, None));
    }

    #[test]
    fn a_hash_in_several_columns_is_an_object() {
        let line = r#"{"username":"al","passwordHash":{"algo":"pbkdf2$10000$50","salt_hex":"000102030405060708090a0b0c0d0e0f",
            "hash_hex":"019b2a1a80cbec1bd21bf0655a6511bb337beeee0272145b56718e6ec87d8897cb67afb1a7af53dfee2008e2c82ffb110d20"}}"#
            .replace('\n', " ");
        let password = only(Format::JsonLines, &line).password.unwrap();
        assert!(password.expose().starts_with("$pbkdf2-sha256$i=10000$AAECAwQFBgcICQoLDA0ODw$"));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_key() {
        for (line, told_of_it) in [
            ("{", "line 1: the line is no JSON: column 1"),
            ("\"secret\"", "line 1: the line must be one JSON object"),
            ("[]", "line 1: the line must be one JSON object"),
            ("{\"a\":1} {}", "line 1: the line is no JSON: column 9"),
            ("{}", "line 1: the key \"username\" is missing"),
            ("{\"username\":null}", "line 1: the key \"username\" is missing"),
            ("{\"username\":7}", "line 1: the value of \"username\" must be a string"),
            ("{\"username\":\"al\",\"fullName\":[]}", "line 1 (al): the value of \"fullName\" must be a string"),
            ("{\"username\":\"al\",\"blocked\":\"no\"}", "line 1 (al): the value of \"blocked\" must be true or false"),
            (
                "{\"username\":\"al\",\"passwordHash\":{\"hash\":\"x\"}}",
                "line 1 (al): the value of \"passwordHash\" must be a string, or an object with Gitea's algo, salt_hex and \
                 hash_hex or Keycloak's credentialData and secretData",
            ),
            (
                "{\"username\":\"al\",\"passwordHash\":1}",
                "line 1 (al): the value of \"passwordHash\" must be a string, or an object with Gitea's algo, salt_hex and \
                 hash_hex or Keycloak's credentialData and secretData",
            ),
        ] {
            assert_eq!(told(Format::JsonLines, line.as_bytes()), [told_of_it]);
        }
    }

    #[test]
    fn values_outside_their_range_are_refused() {
        for (key, value) in [
            ("creationTime", "-1"),
            ("creationTime", "1.5"),
            ("creationTime", "253402300800"),
            ("creationTime", "\"2020\""),
            ("userId", "\"0123456789ABCDEF0123456789ABCDEF\""),
            ("userId", "\"\""),
            ("fullName", "\"x\""),
        ] {
            let line = format!("{{\"username\":\"al\",\"{key}\":{value}}}");
            assert!(told(Format::JsonLines, line.as_bytes())[0].starts_with("line 1 (al): "), "{line}");
        }
        assert!(told(Format::JsonLines, b"{\"username\":\"al\",\"passwordHash\":\"\"}")[0].starts_with("line 1: "));
        let last = only(Format::JsonLines, "{\"username\":\"al\",\"creationTime\":253402300799}");
        assert_eq!(last.created_ms, Some(253_402_300_799_000));
    }
}
