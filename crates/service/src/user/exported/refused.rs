//! Kinds that are known and refused, by their names.

use crate::user::hash_refusal::Refusal;

/// What a user name of 13 characters looks like, too.
pub(super) const DES_CRYPT: Refusal = Refusal::Weak("crypt (DES)");

/// How those begin that begin with `$`.
const PREFIXES: [(&str, Refusal); 14] = [
    ("$apr1$", Refusal::Weak("apr1 (MD5)")),
    ("$1$", Refusal::Weak("MD5 crypt")),
    ("$md5", Refusal::Weak("MD5 crypt (Sun)")),
    ("$P$", Refusal::Weak("phpass (MD5)")),
    ("$H$", Refusal::Weak("phpass (MD5)")),
    ("$3$", Refusal::Weak("NTLM")),
    ("$sha1$", Refusal::Weak("SHA-1 crypt")),
    ("$2$", Refusal::Unverified("bcrypt ($2$, before its repair)")),
    ("$2x$", Refusal::Unverified("bcrypt ($2x$, made by a faulty program)")),
    ("$7$", Refusal::Unverified("scrypt ($7$)")),
    ("$gy$", Refusal::Unverified("yescrypt ($gy$)")),
    ("$S$", Refusal::Unverified("phpass (SHA-512)")),
    ("$pbkdf2-sha224$", Refusal::Unverified("PBKDF2-SHA224")),
    ("$pbkdf2-sha384$", Refusal::Unverified("PBKDF2-SHA384")),
];

/// Schemes of LDAP and Dovecot.
const SCHEMES: [(&str, Refusal); 26] = [
    ("MD5", Refusal::Weak("MD5")),
    ("SMD5", Refusal::Weak("salted MD5")),
    ("LDAP-MD5", Refusal::Weak("MD5")),
    ("PLAIN-MD5", Refusal::Weak("MD5")),
    ("DIGEST-MD5", Refusal::Weak("MD5")),
    ("CRAM-MD5", Refusal::Weak("CRAM-MD5")),
    ("HMAC-MD5", Refusal::Weak("CRAM-MD5")),
    ("MD5-CRYPT", Refusal::Weak("MD5 crypt")),
    ("DES-CRYPT", DES_CRYPT),
    ("SHA", Refusal::Weak("SHA-1")),
    ("SHA1", Refusal::Weak("SHA-1")),
    ("SSHA", Refusal::Weak("salted SHA-1")),
    ("SHA256", Refusal::Weak("plain SHA-256")),
    ("SSHA256", Refusal::Weak("salted SHA-256")),
    ("SHA384", Refusal::Weak("plain SHA-384")),
    ("SSHA384", Refusal::Weak("salted SHA-384")),
    ("SHA512", Refusal::Weak("plain SHA-512")),
    ("SSHA512", Refusal::Weak("salted SHA-512")),
    ("NTLM", Refusal::Weak("NTLM")),
    ("LANMAN", Refusal::Weak("LAN Manager")),
    ("SCRAM-SHA-1", Refusal::Unverified("SCRAM")),
    ("SCRAM-SHA-256", Refusal::Unverified("SCRAM")),
    ("SCRAM-SHA-512", Refusal::Unverified("SCRAM")),
    ("OTP", Refusal::Unverified("one-time password")),
    ("RPA", Refusal::Weak("RPA (MD5)")),
    ("SASL", Refusal::Unverified("SASL (passwords of another service)")),
];

/// The first part of what Django, Werkzeug and others separate by a dollar sign.
const ALGORITHMS: [(&str, Refusal); 7] = [
    ("md5", Refusal::Weak("salted MD5")),
    ("sha1", Refusal::Weak("salted SHA-1")),
    ("sha256", Refusal::Weak("salted SHA-256")),
    ("sha512", Refusal::Weak("salted SHA-512")),
    ("unsalted_md5", Refusal::Weak("MD5")),
    ("unsalted_sha1", Refusal::Weak("SHA-1")),
    ("crypt", DES_CRYPT),
];

/// Hexadecimal digits of a hash that was computed once.
const DIGITS: [(usize, Refusal); 4] = [
    (32, Refusal::Weak("MD5")),
    (40, Refusal::Weak("SHA-1")),
    (64, Refusal::Weak("plain SHA-256")),
    (128, Refusal::Weak("plain SHA-512")),
];

/// What begins with `$`.
pub(super) fn by_prefix(text: &str) -> Option<Refusal> {
    PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, refusal)| *refusal)
}

/// What stands in braces, in capitals. Dovecot's names may have an encoding behind a dot.
pub(super) fn by_scheme(scheme: &str) -> Option<Refusal> {
    let name = scheme.split('.').next()?;
    SCHEMES.iter().find(|(known, _)| *known == name).map(|(_, refusal)| *refusal)
}

/// What has neither.
pub(super) fn by_name(text: &str) -> Option<Refusal> {
    if let Some((algorithm, _)) = text.split_once('$') {
        return ALGORITHMS.iter().find(|(known, _)| *known == algorithm).map(|(_, refusal)| *refusal);
    }
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return DIGITS.iter().find(|(digits, _)| *digits == text.len()).map(|(_, refusal)| *refusal);
    }
    is_des_crypt(text).then_some(DES_CRYPT)
}

/// Thirteen characters of crypt(3)'s alphabet. So may a password be, and neither is taken.
pub(super) fn is_des_crypt(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::exported::read;

    #[test]
    fn weak_hashes_are_refused_with_the_way_to_mend_them() {
        // Made by passlib 1.7.4, Django 5.2, hashlib, and of the cases of a bare digest.
        for (text, scheme) in [
            ("$apr1$saltsalt$PU9q8.HoFJEM7m9NSIooE1", "apr1 (MD5)"),
            ("$1$saltsalt$BsXyQbZiQujHkdhwPwdol.", "MD5 crypt"),
            ("{CRYPT}$1$saltsalt$BsXyQbZiQujHkdhwPwdol.", "MD5 crypt"),
            ("{MD5-CRYPT}$1$saltsalt$BsXyQbZiQujHkdhwPwdol.", "MD5 crypt"),
            ("$P$HEvrPXGs0FddPNoER5DrJdIqqWGVAt/", "phpass (MD5)"),
            ("sa6zCY2NLg.wE", "crypt (DES)"),
            ("{crypt}sa6zCY2NLg.wE", "crypt (DES)"),
            ("{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=", "SHA-1"),
            ("{sha}q/eq1kOINtvlJqojGr3i0O73TUI=", "SHA-1"),
            ("{SSHA}DUSNUQtzHbT+AvbAA0vpjDZWKFVSCqFU", "salted SHA-1"),
            ("{SSHA256.HEX}00", "salted SHA-256"),
            ("{SMD5}x", "salted MD5"),
            ("sha1$salt$9ac20922b054316be23842a5bca7d69f29f69d77", "salted SHA-1"),
            ("md5$salt$1af5cbbd0f0bd9b5a1e1e7b0f8a5f8b9", "salted MD5"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "MD5"),
            ("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "SHA-1"),
        ] {
            assert_eq!(read(text).unwrap_err(), Refusal::Weak(scheme), "{text}");
            let told = read(text).unwrap_err().to_string();
            assert!(told.contains(scheme) && told.contains("htpasswd -B") && told.contains("user password"), "{told}");
        }
    }

    #[test]
    fn hashes_without_a_verifier_are_named() {
        for text in ["$7$x", "$2$x", "$2x$x", "$gy$x", "$S$x", "{SCRAM-SHA-256}x", "{SASL}alice@example.org"] {
            assert!(matches!(read(text), Err(Refusal::Unverified(_))), "{text}");
        }
        for text in
            ["", "$", "password", "$2b", "{PLAIN}password", "{CLEARTEXT}x", "{", "{X}x", "x$y", "abc", "{CRYPT}{SHA}x"]
        {
            assert_eq!(read(text).unwrap_err(), Refusal::Unknown, "{text}");
        }
    }
}
