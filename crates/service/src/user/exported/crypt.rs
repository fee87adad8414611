//! Hashes that begin with `$`, as in a shadow file, a PHC string, or what passlib writes.

use super::refused;
use crate::user::hash_kind::ARGON2;
use crate::user::hash_refusal::Refusal;

/// The form in which such a hash is kept.
pub(super) fn crypt_form(text: &str) -> Result<String, Refusal> {
    if let Some(refusal) = refused::by_prefix(text) {
        return Err(refusal);
    }
    Ok(match text.strip_prefix("$pbkdf2$") {
        Some(rest) => format!("$pbkdf2-sha1${rest}"),
        None if text.starts_with("$argon2") => format!("{ARGON2}{text}"),
        None => text.to_owned(),
    })
}
