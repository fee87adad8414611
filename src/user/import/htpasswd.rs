//! The Apache HTTP server's password files: `name:hash`, and comments that begin with `#`. So begin the lines of a shadow
//! file and of Dovecot's passwd-file, which have further fields.

use super::{ImportError, ImportedUser, Parsed};
use crate::model::{FullName, UserName};
use crate::user::exported;

/// What a line says, which has no space at its ends; nothing when it is a comment.
pub(super) fn parse(line: &str) -> Option<Parsed> {
    if line.starts_with('#') {
        return None;
    }
    Some(match line.split_once(':') {
        Some((name, hash)) => Parsed { name: Some(name.to_owned()), user: user(name, hash) },
        None => Parsed { name: None, user: Err(ImportError::NoColon) },
    })
}

fn user(name: &str, hash: &str) -> Result<ImportedUser, ImportError> {
    let name = UserName::parse(name)?;
    let full_name = FullName::after(&name);
    let password = Some(exported::read(without_further_fields(hash))?);
    Ok(ImportedUser { id: None, name, full_name, password, blocked: false, created_ms: None })
}

/// What other files have behind the hash is cut off. No hash that begins so has a colon in it.
fn without_further_fields(hash: &str) -> &str {
    if hash.starts_with(['$', '{', '!', '*']) { hash.split(':').next().unwrap_or(hash) } else { hash }
}

#[cfg(test)]
mod tests {
    use crate::user::import::Format;
    use crate::user::import::tests::{only, told};

    #[test]
    fn a_bcrypt_line_is_a_user() {
        let hash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        let user = only(Format::Htpasswd, &format!("# users\n\n  # more\nalice_b:{hash} \r\n"));
        assert_eq!((user.name.as_str(), user.full_name.as_str()), ("alice_b", "alice b"));
        assert_eq!(user.password.unwrap().expose(), hash);
        assert_eq!((user.id, user.blocked, user.created_ms), (None, false, None));
    }

    #[test]
    fn lines_of_a_shadow_file_and_of_dovecot_are_users() {
        let hash = "$6$saltsalt$CPgxBHZBXfhC6lX1yxpdEsbQfXmg3WXVj8AoVwyNFLfb5AtbfM8k6A8yehv1z6sgzoH/DUIs7YK9hVnGhTjhW/";
        for line in [
            format!("alice:{hash}"),
            format!("alice:{hash}:19700:0:99999:7:::"),
            format!("alice:{{SHA512-CRYPT}}{hash}:5000:5000::/home/alice::userdb_quota=1G"),
        ] {
            assert_eq!(only(Format::Htpasswd, &line).password.unwrap().expose(), hash, "{line}");
        }
        let told = told(Format::Htpasswd, b"daemon:*:19700:0:99999:7:::\nbob:!:19700::::::\n");
        assert!(told.iter().all(|line| line.contains("its account has no password, or is locked")), "{told:?}");
        // Werkzeug's has colons of its own.
        let line = "alice:scrypt:1024:8:2$saltsalt$a8add8fcd1a5674566ce44df86130c5bc2f8bf7dc4c65fb07b4c3942d1650bfe";
        assert!(only(Format::Htpasswd, line).password.is_some());
    }

    #[test]
    fn every_hash_that_htpasswd_makes_otherwise_is_refused_with_the_way_to_mend_it() {
        // passlib 1.7.4 made them; the last is what `htpasswd -p` writes.
        for hash in [
            "$apr1$saltsalt$PU9q8.HoFJEM7m9NSIooE1", "sa6zCY2NLg.wE", "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=",
            "secret in clear text",
        ] {
            let told = told(Format::Htpasswd, format!("alice:{hash}").as_bytes()).remove(0);
            assert!(told.starts_with("line 1 (alice): ") && told.contains("`htpasswd -B`"), "{told}");
            assert!(!told.contains(hash), "{told}");
        }
    }

    #[test]
    fn what_is_no_name_and_hash_is_refused() {
        assert_eq!(told(Format::Htpasswd, b"alice"), ["line 1: the line must be a user name, a colon and a hash"]);
        for line in ["alice:", ":", "alice:realm:0123456789abcdef0123456789abcdef"] {
            assert!(told(Format::Htpasswd, line.as_bytes())[0].starts_with("line 1"), "{line}");
        }
    }
}
