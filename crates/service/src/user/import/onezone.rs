//! Onezone's users, one JSON object a line: as its REST API shows them (`fullName`), or as its database keeps them
//! (`full_name`, in documents of the model `od_user` whose key is `_key`), in the names of each release since 17.06.

use base64::Engine as _;
use zeroize::Zeroizing;

use super::object::Keys;
use super::parsed::ImportError;
use crate::import::Object;
use crate::user::encoding::BASE64;
use crate::user::hash_refusal::Refusal;
use crate::user::pbkdf2::from_onezone;
use zonemint_base::model::PasswordHash;

pub(super) const KEYS: Keys = Keys {
    id: &["userId", "_id", "id", "_key"],
    // Where a record has both older names, Onezone itself kept `login` (`od_user.erl`, upgrade from version 4 to 6).
    name: &["username", "login", "alias"],
    full_name: &["fullName", "full_name", "name"],
    blocked: &["blocked"],
    created: &["creationTime", "creation_time"],
    password,
};

/// Reads base64 of Onezone's record.
fn password(object: &Object) -> Result<Option<PasswordHash>, ImportError> {
    if object.flag(&["basicAuthEnabled", "basic_auth_enabled"])? == Some(false) {
        return Ok(None);
    }
    let Some(text) = object.text(&["passwordHash", "password_hash"])? else { return Ok(None) };
    let record = BASE64.decode(text).map(Zeroizing::new).map_err(|_| Refusal::OnezoneRecord)?;
    Ok(Some(from_onezone(&record)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::argon2id::Comparison;
    use crate::user::foreign_hash::compare_one as compare;
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
