//! The Apache HTTP server's password files: `name:hash`, and comments that begin with `#`. So begin the lines of a shadow
//! file and of Dovecot's passwd-file, which have further fields. A line whose fields limit when or where an account is active is
//! refused: accounts here have no such limits, and an import must not activate an account.

use super::parsed::{ImportError, ImportedUser, Parsed};
use crate::user::exported;
use zonemint_base::model::{FullName, UserName};

/// Dovecot's extra fields that keep a user out.
const LIMITS: [&str; 3] = ["nologin", "allow_nets", "allow_real_nets"];

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
    let (hash, further) = split(hash);
    // Before the name: the hash decides whether a refusal may show the name.
    let password = Some(exported::read(hash)?);
    let name = UserName::parse(name)?;
    let full_name = FullName::after(&name);
    refuse_if_off(further)?;
    Ok(ImportedUser { id: None, name, full_name, password, blocked: false, created_ms: None })
}

/// The hash, and what other files have behind it. No hash that begins so has a colon in it.
fn split(hash: &str) -> (&str, &str) {
    if hash.starts_with(['$', '{', '!', '*']) { hash.split_once(':').unwrap_or((hash, "")) } else { (hash, "") }
}

/// Refuses an account that may be off: by the 7th or 8th field of a shadow line (shadow(5): days of a password that is too old, and the
/// day on which the account ends), and by Dovecot's extra fields, its 8th.
fn refuse_if_off(further: &str) -> Result<(), ImportError> {
    let fields: Vec<_> = further.splitn(6, ':').collect();
    let [_, _, _, _, seventh, rest] = fields[..] else { return Ok(()) };
    let eighth = rest.split(':').next().unwrap_or(rest);
    let is_day = |field: &str| field.parse::<i64>().is_ok_and(|days| days >= 0);
    if is_day(seventh) || is_day(eighth) {
        return Err(ImportError::Ends);
    }
    let mut names = rest.split_ascii_whitespace().map(|field| field.split('=').next().unwrap_or(field));
    match names.find_map(|name| LIMITS.into_iter().find(|limit| name == *limit)) {
        Some(limit) => Err(ImportError::Limited(limit)),
        None => Ok(()),
    }
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
    fn accounts_that_may_be_off_are_refused_with_the_reason() {
        let hash = "$6$saltsalt$CPgxBHZBXfhC6lX1yxpdEsbQfXmg3WXVj8AoVwyNFLfb5AtbfM8k6A8yehv1z6sgzoH/DUIs7YK9hVnGhTjhW/";
        for (further, reason) in [
            ("19700:0:99999:7::18000:", "says when its account ends"),
            ("19700:0:99999:7::0:", "says when its account ends"),
            ("19700:0:90:7:30::", "says when its account ends"),
            ("5000:5000::/home/alice::userdb_quota=1G nologin", "\"nologin\""),
            ("5000:5000::/home/alice::nologin=y reason=gone", "\"nologin\""),
            ("::::: allow_nets=2001:db8::/32", "\"allow_nets\""),
        ] {
            let told = told(Format::Htpasswd, format!("alice:{hash}:{further}").as_bytes()).remove(0);
            assert!(told.starts_with("line 1 (alice): ") && told.contains(reason), "{further}: {told}");
        }
        for further in ["19700:0:99999:7:::", "19700:0:99999:7:-1:-1:", ":::::userdb_nologin=1", "5000:5000::::"] {
            assert!(only(Format::Htpasswd, &format!("alice:{hash}:{further}")).password.is_some(), "{further}");
        }
    }

    #[test]
    fn every_hash_that_htpasswd_makes_otherwise_is_refused_with_the_way_to_mend_it() {
        // passlib 1.7.4 made them; the last is what `htpasswd -p` writes.
        for (hash, place) in [
            ("$apr1$saltsalt$PU9q8.HoFJEM7m9NSIooE1", "line 1 (alice): "),
            ("sa6zCY2NLg.wE", "line 1: "),
            ("{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=", "line 1 (alice): "),
            ("secret in clear text", "line 1: "),
        ] {
            let told = told(Format::Htpasswd, format!("alice:{hash}").as_bytes()).remove(0);
            assert!(told.starts_with(place) && told.contains("`htpasswd -B`"), "{told}");
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
