//! Onezone's users, one JSON object a line: as its REST API shows them (`fullName`), or as its database keeps them
//! (`full_name`, in documents of the model `od_user` whose key is `_key`), in the names of each release since 17.06.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use zeroize::Zeroizing;

use super::object::Object;
use super::{ImportError, ImportedUser, Parsed};
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::from_onezone;
use zonemint_base::model::{FullName, PasswordHash, UserName};

const ID: &[&str] = &["userId", "_id", "id", "_key"];
/// Where a record has both older names, Onezone itself kept `login` (`od_user.erl`, upgrade from version 4 to 6).
const NAME: &[&str] = &["username", "login", "alias"];
const FULL_NAME: &[&str] = &["fullName", "full_name", "name"];
const PASSWORD: &[&str] = &["passwordHash", "password_hash"];
const PASSWORD_ENABLED: &[&str] = &["basicAuthEnabled", "basic_auth_enabled"];
const BLOCKED: &[&str] = &["blocked"];
const CREATED: &[&str] = &["creationTime", "creation_time"];

/// With padding as Onezone writes it, and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a line says.
pub(super) fn parse(line: &str) -> Parsed {
    let object = match Object::parse(line) {
        Ok(object) => object,
        Err(error) => return Parsed { name: None, user: Err(error) },
    };
    Parsed { name: object.text(NAME).ok().flatten().map(str::to_owned), user: user(&object) }
}

fn user(object: &Object) -> Result<ImportedUser, ImportError> {
    let name = UserName::parse(object.text(NAME)?.ok_or(ImportError::Missing("username"))?)?;
    let full_name = match object.text(FULL_NAME)? {
        Some(text) => FullName::parse(text)?,
        None => FullName::after(&name),
    };
    let password = match object.flag(PASSWORD_ENABLED)? {
        Some(false) => None,
        Some(true) | None => object.text(PASSWORD)?.map(password).transpose()?,
    };
    Ok(ImportedUser {
        id: object.id(ID)?,
        name,
        full_name,
        password,
        blocked: object.flag(BLOCKED)?.unwrap_or(false),
        created_ms: object.time_ms(CREATED)?,
    })
}

/// Reads base64 of Onezone's record.
fn password(text: &str) -> Result<PasswordHash, ImportError> {
    let record = BASE64.decode(text).map(Zeroizing::new).map_err(|_| Refusal::OnezoneRecord)?;
    Ok(from_onezone(&record)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::argon2id::Comparison;
    use crate::user::foreign_hash::tests::compare;
    use crate::user::import::Format;
    use crate::user::import::tests::{only, told};

    /// Bytes 0 to 31, a dot, and what Python 3.11's `hashlib.pbkdf2_hmac` makes of "password" with SHA-512.
    const RECORD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8urza447QCXD0QvbCq5T1iCqeZKHzN4PESH1sFqov/1/8=";

    #[test]
    fn a_record_of_the_api_is_a_user_whose_password_verifies() {
        let user = only(
            Format::Onezone,
            &format!(
                "{{\"userId\":\"0123456789abcdef0123456789abcdef\",\"username\":\"admin\",\"fullName\":\"Administrator\",\
                 \"passwordHash\":\"{RECORD}\",\"basicAuthEnabled\":true,\"blocked\":false,\"creationTime\":1577836800}}"
            ),
        );
        assert_eq!(user.id.unwrap().to_string(), "0123456789abcdef0123456789abcdef");
        assert_eq!((user.full_name.as_str(), user.blocked), ("Administrator", false));
        assert_eq!(user.created_ms, Some(1_577_836_800_000));
        assert_eq!(compare(b"password", user.password.unwrap().expose()), Ok(Comparison::Match));
    }

    #[test]
    fn records_of_the_database_and_of_older_releases_are_understood() {
        let kept = format!(
            "{{\"_key\":\"0123456789abcdef0123456789abcdef\",\"_record\":\"od_user\",\"username\":\"alice\",\
             \"full_name\":\"Alice A.\",\"password_hash\":\"{RECORD}\",\"basic_auth_enabled\":true,\"creation_time\":1}}"
        );
        let user = only(Format::Onezone, &kept);
        assert_eq!((user.full_name.as_str(), user.created_ms), ("Alice A.", Some(1_000)));
        assert!(user.id.is_some() && user.password.is_some());
        let older = only(Format::Onezone, "{\"id\":null,\"alias\":\"robert\",\"login\":\"bob\",\"name\":\"Bob\"}");
        assert_eq!((older.name.as_str(), older.full_name.as_str(), older.password), ("bob", "Bob", None));
    }

    #[test]
    fn who_may_not_use_a_password_gets_none() {
        for (enabled, hash, expected) in [
            ("false", format!("\"{RECORD}\""), false),
            ("true", format!("\"{RECORD}\""), true),
            ("null", format!("\"{}\"", RECORD.trim_end_matches('=')), true),
            ("true", "null".to_owned(), false),
        ] {
            let line = format!("{{\"username\":\"al\",\"basicAuthEnabled\":{enabled},\"passwordHash\":{hash}}}");
            assert_eq!(only(Format::Onezone, &line).password.is_some(), expected, "{line}");
        }
    }

    #[test]
    fn a_hash_that_is_no_record_is_refused() {
        for hash in
            ["", "!", "AAAA", &RECORD.replace("Hh8u", "Hh8v"), "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YM"]
        {
            let line = format!("{{\"username\":\"al\",\"passwordHash\":\"{hash}\"}}");
            let expected = format!("line 1 (al): {}", Refusal::OnezoneRecord);
            assert_eq!(told(Format::Onezone, line.as_bytes()), [expected]);
        }
    }

    #[test]
    fn a_user_without_a_name_or_with_an_id_of_another_form_is_refused() {
        let told = told(
            Format::Onezone,
            b"{\"username\":null,\"fullName\":\"Only OpenID\"}\n\
              {\"username\":\"al\",\"id\":\"0123456789abcdef0123456789abcdefch123\"}\n\
              {\"username\":\"bo\",\"id\":\"0123456789abcdef0123456789abcdefch1234\"}\n",
        );
        assert_eq!(told[0], "line 1: the key \"username\" is missing");
        assert!(told[1].starts_with("line 2 (al): the value of \"id\" must be 32 lower-case"), "{}", told[1]);
        assert_eq!(told[2], "bo");
    }
}
