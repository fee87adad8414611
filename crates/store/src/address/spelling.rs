//! How addresses are written.

use std::fmt::Write as _;

pub(super) const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
pub(super) const USUAL_PORT: u16 = 5432;

/// Percent-encodes all but RFC 3986's unreserved characters (section 2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
